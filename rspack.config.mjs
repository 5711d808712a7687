import { readFileSync } from 'node:fs';

/** The compiler options that jest and the tools use too. */
const { module: _module, sourceMaps: _sourceMaps, ...swc } = JSON.parse(readFileSync('.swcrc', 'utf8'));

/** `nest build` and `nest start`: one file an app, with our libs in it and the npm packages outside. */
export default (defaults) => ({
  ...defaults,
  devtool: 'source-map',
  module: {
    rules: [
      {
        test: /\.ts$/,
        exclude: /node_modules/,
        type: 'javascript/esm',
        use: { loader: 'builtin:swc-loader', options: { ...swc, sourceMaps: true } },
      },
    ],
  },
  resolve: { extensions: ['.ts', '.js'] },
  externals: [
    // Loaded when a master key needs it: it is large.
    { '@aws-sdk/client-kms': 'module-import @aws-sdk/client-kms' },
    defaults.externals ?? [],
    // The compiler does not know it as one of Node's.
    { 'node:sqlite': 'module node:sqlite' },
  ].flat(),
});
