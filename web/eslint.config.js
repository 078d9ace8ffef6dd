import svelte from "eslint-plugin-svelte";
import tseslint from "typescript-eslint";

/** What a folder may not import: app → features → sync, ui, api; and no feature another. One line a folder: of
 * two for the same files the second alone would count. */
const edges = [
  ["src/features/**", [{ group: ["**/app/**"] }, { regex: "^\\.\\./[^.]" }]],
  ["src/sync/**", [{ group: ["**/app/**", "**/features/**", "**/ui/**"] }]],
  ["src/{ui,api,i18n}/**", [{ group: ["**/app/**", "**/features/**", "**/sync/**"] }]],
];

export default tseslint.config(
  { ignores: ["dist", "src/i18n/compiled", "src/api/schema.d.ts", "scripts"] },
  ...tseslint.configs.strict,
  ...svelte.configs["flat/recommended"],
  {
    files: ["**/*.svelte", "**/*.svelte.ts"],
    languageOptions: { parserOptions: { parser: tseslint.parser } },
    rules: {
      // A literal style attribute breaks the content security policy; directives do not.
      "svelte/no-inline-styles": ["error", { allowTransitions: true }],
      "svelte/no-at-html-tags": "error",
      // Links are drawn by the app's own router.
      "svelte/no-navigation-without-resolve": "off",
    },
  },
  { rules: { "@typescript-eslint/no-explicit-any": "error" } },
  ...edges.map(([from, patterns]) => ({
    files: [from],
    rules: { "no-restricted-imports": ["error", { patterns }] },
  })),
);
