/**
 * Writes `snapshot.html` beside the built page: the same page with script, style and icon inlined,
 * and a place for the data of a snapshot.
 *
 * The policy names the inlined script and style by their hashes, so whatever else comes into the
 * file, through the data or after it, is not run.
 */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Plugin } from "vite";

import { PLACE } from "../src/api/snapshotPlace.ts";

const SCRIPT = /<script type="module"[^>]* src="([^"]+)"><\/script>/g;
const STYLE = /<link rel="stylesheet"[^>]* href="([^"]+)"\s*\/?>/g;
const ICON = /(<link rel="icon"[^>]* href=")([^"]+)"/;

export function snapshotTemplate(): Plugin {
  return {
    name: "snapshot-template",
    apply: "build",
    writeBundle({ dir = "" }, bundle) {
      const chunks = Object.values(bundle).filter(({ type }) => type === "chunk");
      // A file that is opened from a disk can load nothing more.
      if (chunks.length !== 1) throw new Error(`a snapshot needs one chunk, not ${chunks.length}`);
      const read = (name: string): string => readFileSync(join(dir, name), "utf8");
      writeFileSync(join(dir, "snapshot.html"), inlined(read("index.html"), read));
    },
  };
}

/** The page with all that it loads inside; `read` gives the text of a built file. */
export function inlined(page: string, read: (name: string) => string): string {
  const script = scriptText(only(page, SCRIPT, read));
  const style = only(page, STYLE, read);
  const policy =
    `default-src 'none'; script-src '${hashOf(script)}'; style-src '${hashOf(style)}'; ` +
    "img-src data:; base-uri 'none'; form-action 'none'";
  const meta = `<meta http-equiv="Content-Security-Policy" content="${policy}" />`;
  // Functions, because a replacement text would have its dollar signs read.
  return page
    .replace(SCRIPT, "")
    .replace(STYLE, () => `<style>${style}</style>`)
    .replace(ICON, (_, before: string, name: string) => `${before}${dataAddress(read(name))}"`)
    .replace(/<meta charset="[^"]*"\s*\/?>/, (charset) => `${charset}\n    ${meta}`)
    .replace("</body>", () => `${PLACE}\n<script type="module">${script}</script>\n</body>`);
}

function only(page: string, link: RegExp, read: (name: string) => string): string {
  const [match, ...others] = [...page.matchAll(link)];
  if (match?.[1] === undefined || others.length > 0) throw new Error(`expected one of ${link}`);
  return read(match[1]);
}

/** A script's text that does not end its own element: both only stand in string literals. */
function scriptText(script: string): string {
  return script.replaceAll("</script", "<\\/script").replaceAll("<!--", "\\x3c!--");
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function dataAddress(image: string): string {
  return `data:image/svg+xml,${encodeURIComponent(image)}`;
}
