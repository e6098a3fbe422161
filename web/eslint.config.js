import eslint from "@eslint/js";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(globalIgnores(["node_modules"]), eslint.configs.recommended, {
  files: ["**/*.ts"],
  extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
  languageOptions: { parserOptions: { projectService: true } },
  rules: {
    "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    "no-restricted-properties": [
      "error",
      { property: "innerHTML", message: "Label values are untrusted text: use textContent." },
      { property: "outerHTML", message: "Label values are untrusted text: use textContent." },
      { property: "insertAdjacentHTML", message: "Label values are untrusted text." },
    ],
  },
});
