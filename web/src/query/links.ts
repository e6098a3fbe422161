/** Links between dashboards: Grafana's addresses, turned into those of this page. */

/** What a link's text may name, such as `__value.text`; a name that it lacks is empty. */
export type LinkVariables = Readonly<Record<string, string>>;

/** Of the page, to be filled in when the link is shown. */
const OF_PAGE = /\$\{(__url_time_range|__all_variables)\}|\$(__url_time_range|__all_variables)/g;
const OF_FIELD = /\$\{(__(?:data|value|field|series)[^}:]*)(?::\w+)?\}/g;

/** Writes a cell's own values into an address, escaped for a query. */
export function fillAddress(address: string, variables: LinkVariables): string {
  return address.replaceAll(OF_FIELD, (_, name: string) =>
    encodeURIComponent(variables[name.replace(/\["(.*)"\]$/, ".$1")] ?? ""),
  );
}

/** As `fillAddress`, for the words of a link. */
export function fillTitle(title: string, variables: LinkVariables): string {
  return title.replaceAll(OF_FIELD, (_, name: string) => variables[name] ?? "");
}

/**
 * The address on this page, whose own query is `search`; undefined where following it is not safe.
 *
 * `/d/UID/slug?x` becomes `?dashboard=UID&x`. Without a range of its own a link keeps the page's,
 * so that two boards show the same time.
 */
export function pageAddress(address: string, search: string): string | undefined {
  const current = new URLSearchParams(search);
  const filled = address.replaceAll(OF_PAGE, (_, braced?: string, bare?: string) =>
    (braced ?? bare) === "__url_time_range" ? timeRange(current) : variables(current),
  );
  const board = boardOf(filled);
  if (board === undefined) return isSafe(filled) ? filled : undefined;
  const target = new URLSearchParams({ dashboard: board.uid });
  for (const [name, value] of board.parameters) target.append(name, value);
  for (const name of ["from", "to"]) {
    const value = current.get(name);
    if (!target.has(name) && value !== null) target.set(name, value);
  }
  return `?${target.toString()}`;
}

/** The dashboard that an address of Grafana's, such as `/d/UID/slug?x`, leads to, if any. */
export function boardOf(address: string): { uid: string; parameters: URLSearchParams } | undefined {
  const found = /^(?:\$\{?__appSubUrl\}?)?\/?d\/([^/?#]+)[^?#]*(?:\?([^#]*))?/.exec(address);
  if (found === null) return undefined;
  const [, uid = "", query = ""] = found;
  return { uid: decodeURIComponent(uid), parameters: new URLSearchParams(query) };
}

function timeRange(current: URLSearchParams): string {
  return only(current, (name) => name === "from" || name === "to");
}

function variables(current: URLSearchParams): string {
  return only(current, (name) => name.startsWith("var-"));
}

function only(current: URLSearchParams, isWanted: (name: string) => boolean): string {
  return new URLSearchParams([...current].filter(([name]) => isWanted(name))).toString();
}

/** A label's value may have got into the address: never run it as a script. */
function isSafe(address: string): boolean {
  const base = "http://page.invalid/";
  return URL.canParse(address, base) && /^https?:$/.test(new URL(address, base).protocol);
}
