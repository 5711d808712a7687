import { defineConfig } from 'tsdown';

/** One CommonJS bundle; index.mjs re-exports it, so that `import` and `require` share the same classes. */
export default defineConfig({
  entry: 'src/index.ts',
  format: 'cjs',
  platform: 'node',
  target: 'node20.19',
  dts: { oxc: true },
  sourcemap: true,
  checks: { legacyCjs: false },
  logLevel: 'warn',
});
