import { defineConfig, type UserConfig } from 'tsdown';

const common: UserConfig = {
  platform: 'node',
  target: 'node20.19',
  sourcemap: true,
  checks: { legacyCjs: false },
  logLevel: 'warn',
};

export default defineConfig([
  // The library: one CommonJS bundle. index.mjs re-exports it, so that `import` and `require` share the same classes.
  { ...common, entry: 'src/index.ts', format: 'cjs', dts: { oxc: true } },
  // The program.
  { ...common, entry: 'src/main.ts', format: 'esm', dts: false, outExtensions: () => ({ js: '.js' }) },
]);
