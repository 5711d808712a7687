import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { rspack } from '@rspack/core';

/** The compiler options that jest and the tools use too. */
const { module: _module, sourceMaps: _sourceMaps, ...swc } = JSON.parse(readFileSync('.swcrc', 'utf8'));

/**
 * Packages with native code, those that read files beside their code, a large one that most installations never load, and gRPC,
 * whose calls test/diagnostics counts.
 */
const outside =
  /^(lz4-napi|snappy|@fastify\/static|swagger-ui-dist|@aws-sdk\/client-kms|@grpc\/grpc-js)(\/|$)/;
const isPackage = (request) => /^[@a-z]/.test(request) && !request.includes(':');

/** Nest and others try to load optional packages. */
function isMissing(request, folder) {
  try {
    createRequire(`${folder}/`).resolve(request);
    return false;
  } catch ({ code }) {
    return code === 'MODULE_NOT_FOUND';
  }
}

function external({ request, context, dependencyType }, done) {
  if (!isPackage(request) || !(outside.test(request) || isMissing(request, context))) return done();
  return done(null, `${dependencyType === 'commonjs' ? 'node-commonjs' : 'module-import'} ${request}`);
}

/** Stack traces name our sources by line: columns would take long to read. The map of the packages is for profiles only. */
const map = { filename: '[file].map', columns: false, noSources: true };
const sourceMaps = [
  new rspack.SourceMapDevToolPlugin({ ...map, exclude: /packages\.js$/ }),
  new rspack.SourceMapDevToolPlugin({ ...map, include: /packages\.js$/, append: false }),
];

const withPackages = (defaults) => ({
  devtool: false,
  plugins: [...defaults.plugins, ...sourceMaps],
  resolve: {
    extensions: ['.ts', '.js', '.json'],
    // As Node resolves them.
    mainFields: ['main'],
    byDependency: {
      esm: { conditionNames: ['node', 'import', 'default'] },
      commonjs: { conditionNames: ['node', 'require', 'default'] },
    },
  },
  output: {
    ...defaults.output,
    asyncChunks: false,
    // Node's compile cache then holds the functions of the modules, too.
    environment: { methodShorthand: false },
    filename: ({ chunk }) => defaults.output.filename.replace(/main(?=\.js$)/, chunk?.name ?? 'main'),
  },
  externalsPresets: { node: true },
  externals: [external, { 'node:sqlite': 'module node:sqlite' }],
  node: { __dirname: 'node-module', __filename: 'node-module' },
  optimization: {
    ...defaults.optimization,
    splitChunks: {
      cacheGroups: { packages: { test: /node_modules/, name: 'packages', chunks: 'all', enforce: true } },
    },
  },
});

const withoutPackages = ({ externals = [] }) => ({
  devtool: 'source-map',
  resolve: { extensions: ['.ts', '.js'] },
  // The compiler does not know it as one of Node's.
  externals: [externals, { 'node:sqlite': 'module node:sqlite' }].flat(),
});

/**
 * `nest build`: our libs in one file an app, the npm packages in another: Node starts with two files sooner than with 2,000. In
 * watch mode the packages stay outside, so that a change is compiled at once.
 */
export default (defaults) => ({
  ...defaults,
  ...(process.argv.includes('--watch') ? withoutPackages(defaults) : withPackages(defaults)),
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
});
