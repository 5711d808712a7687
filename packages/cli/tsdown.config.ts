import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: 'src/main.ts',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  dts: false,
  sourcemap: true,
  outExtensions: () => ({ js: '.js' }),
  logLevel: 'warn',
});
