/** Where the state of the view is kept: in the page's address, or beside it. */

/** A snapshot begins with the view that it was taken of, and a file's address stays as it is. */
let first: string | undefined;

interface Kept {
  search?: string;
}

/** Keeps the state beside the address from now on, beginning with `search`. */
export function keepBesideAddress(search: string): void {
  first = search;
}

/** Whether the state is beside the address, so that no link can lead to it. */
export function isFile(): boolean {
  return first !== undefined;
}

export function currentSearch(): string {
  return first === undefined ? location.search : ((history.state as Kept | null)?.search ?? first);
}

export function pushSearch(search: string): void {
  if (first === undefined) history.pushState(null, "", search);
  else history.pushState({ search } satisfies Kept, "");
}

export function replaceSearch(search: string): void {
  if (first === undefined) history.replaceState(null, "", search);
  else history.replaceState({ search } satisfies Kept, "");
}
