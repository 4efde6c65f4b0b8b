// SPDX-License-Identifier: Apache-2.0
declare module "*.css" { const text: string; export default text; }
declare module "*?raw" { const text: string; export default text; }
/** Only in tests. */
interface ImportMeta { glob(pattern: string, options: { query: string; import: string; eager: true }): Record<string, string>; }
