/** Which columns there are, what they are called, and in which order. */

import { toRegExp } from "../field/config";
import type { Frame } from "./frame";

interface OrganizeOptions {
  excludeByName?: Readonly<Record<string, boolean>>;
  includeByName?: Readonly<Record<string, boolean>>;
  indexByName?: Readonly<Record<string, number>>;
  renameByName?: Readonly<Record<string, string>>;
}

/** Leaves out, orders and renames columns, all by their names before. */
export function organize(frames: readonly Frame[], options: OrganizeOptions): Frame[] {
  const { excludeByName = {}, includeByName = {}, indexByName = {}, renameByName = {} } = options;
  const included = Object.keys(includeByName).filter((name) => includeByName[name]);
  const isWanted = (name: string): boolean =>
    excludeByName[name] !== true && (included.length === 0 || included.includes(name));
  const placeOf = (name: string): number => indexByName[name] ?? Infinity;
  return frames.map((frame) => ({
    ...frame,
    columns: frame.columns
      .filter(({ name }) => isWanted(name))
      .toSorted((a, b) => difference(placeOf(a.name), placeOf(b.name)))
      .map((column) => ({ ...column, name: renamed(column.name, renameByName) })),
  }));
}

/** An empty name is none. */
function renamed(name: string, names: Readonly<Record<string, string>>): string {
  const other = names[name] ?? "";
  return other === "" ? name : other;
}

function difference(a: number, b: number): number {
  return a === b ? 0 : a - b;
}

export interface NameFilter {
  include?: { names?: string[]; pattern?: string };
  exclude?: { names?: string[]; pattern?: string };
}

/** Keeps the columns that are included, by name or pattern, and not excluded. */
export function filterFieldsByName(frames: readonly Frame[], options: NameFilter): Frame[] {
  const { include, exclude } = options;
  const isWanted = (name: string): boolean =>
    (include === undefined || isMeant(name, include)) &&
    (exclude === undefined || !isMeant(name, exclude));
  return frames.map((frame) => ({
    ...frame,
    columns: frame.columns.filter(({ name }) => isWanted(name)),
  }));
}

function isMeant(name: string, { names = [], pattern = "" }: NonNullable<NameFilter["include"]>) {
  return names.includes(name) || (pattern !== "" && toRegExp(pattern).test(name));
}

/** Renames the columns that the expression matches. */
export function renameByRegex(
  frames: readonly Frame[],
  { regex = "", renamePattern = "" }: { regex?: string; renamePattern?: string },
): Frame[] {
  const expression = /^\/.*\/[a-z]*$/s.test(regex) ? toRegExp(regex) : new RegExp(regex);
  return frames.map((frame) => ({
    ...frame,
    columns: frame.columns.map((column) => ({
      ...column,
      name: column.name.replace(expression, renamePattern),
    })),
  }));
}
