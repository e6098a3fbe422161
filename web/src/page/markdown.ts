/** The little Markdown of panel descriptions: paragraphs, `**strong**` and code. */

import { h } from "../dom";

export interface Span {
  kind: "text" | "strong" | "code";
  text: string;
}

/** A paragraph's text in spans. */
export function spansOf(paragraph: string): Span[] {
  const parts = paragraph.split(/(\*\*[^*]+\*\*|`[^`]+`)/).filter((part) => part !== "");
  return parts.map((part): Span => {
    if (part.startsWith("**")) return { kind: "strong", text: part.slice(2, -2) };
    if (part.startsWith("`")) return { kind: "code", text: part.slice(1, -1) };
    return { kind: "text", text: part };
  });
}

/** Elements for a description. */
export function renderMarkdown(text: string): HTMLElement[] {
  return text.split(/\n\s*\n/).map((paragraph) => h("p", {}, ...spansOf(paragraph).map(render)));
}

function render({ kind, text }: Span): Node {
  return kind === "text" ? document.createTextNode(text) : h(kind, {}, text);
}
