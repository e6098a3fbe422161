/** The metrics that a PromQL expression reads. */

const STRINGS = /"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`/gs;
const COMMENTS = /#.*$/gm;
const BRACES = /\{[^}]*\}|\[[^\]]*\]/g;
const LABEL_LISTS = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/gi;
const NAMES = /(?<![$\w:])[a-zA-Z_:][\w:]*(?![\w:])(?!\s*\()/g;

const KEYWORDS: ReadonlySet<string> = new Set(
  "and or unless bool offset inf nan by without on ignoring group_left group_right".split(" "),
);

/** In the order of their first mention. What is named only by `__name__` is not found. */
export function metricNames(expr: string): string[] {
  const bare = expr
    .replaceAll(STRINGS, "")
    .replaceAll(COMMENTS, "")
    .replaceAll(BRACES, "")
    .replaceAll(LABEL_LISTS, "");
  const names = [...bare.matchAll(NAMES)].map(([name]) => name);
  return [...new Set(names.filter((name) => !KEYWORDS.has(name.toLowerCase())))];
}
