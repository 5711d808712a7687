const libs = (...names) => `^libs/(${names.join('|')})/`;

/** A lib imports itself and these libs of ours only. */
const uses = (name, ...allowed) => ({
  name: `${name}-uses-only-${allowed.join('-') || 'itself'}`,
  severity: 'error',
  from: { path: libs(name), pathNot: 'spec\\.ts$' },
  to: { path: '^(apps|libs|packages)/', pathNot: libs(name, ...allowed) },
});

/** A package that others install imports nothing of ours, but for the packages that it depends on. */
const standsAlone = (folder, ...dependencies) => ({
  name: `${folder.replace('/', '-')}-stands-alone`,
  severity: 'error',
  from: { path: `^${folder}/` },
  to: {
    path: '^(apps|libs|packages|tools|test|bench)/',
    pathNot: [folder, ...dependencies].map((own) => `^${own}/`),
  },
});

/** Who may import whom: apps import libs, never one another; libs form layers; packages stand alone. */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-folder-cycles', scope: 'folder', severity: 'error', from: {}, to: { circular: true } },
    {
      // The packages of the peers are installed only when the benchmark compares with them.
      name: 'no-unresolvable',
      severity: 'error',
      from: { pathNot: '^bench/peers/' },
      to: { couldNotResolve: true },
    },
    uses('domain'),
    {
      name: 'domain-has-no-packages',
      severity: 'error',
      from: { path: libs('domain'), pathNot: 'spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    {
      name: 'domain-kernel-imports-no-feature',
      severity: 'error',
      from: { path: '^libs/domain/src/kernel/' },
      to: { path: '^libs/domain/src/', pathNot: '^libs/domain/src/kernel/' },
    },
    {
      name: 'domain-features-never-import-session',
      severity: 'error',
      from: { path: '^libs/domain/src/', pathNot: '^libs/domain/src/(session/|index\\.ts)' },
      to: { path: '^libs/domain/src/session/' },
    },
    {
      name: 'domain-has-no-cycle-of-folders',
      scope: 'folder',
      severity: 'error',
      from: { path: '^libs/domain/' },
      to: { circular: true },
    },
    uses('platform'),
    uses('declarations', 'domain', 'platform'),
    uses('messaging', 'platform'),
    {
      name: 'messaging-uses-async-primitives-and-its-connection-only',
      severity: 'error',
      from: { path: libs('messaging') },
      to: { path: libs('platform'), pathNot: '^libs/platform/src/(async/|config/kafka-connection\\.ts)' },
    },
    uses('privacy', 'domain', 'platform'),
    uses('sessions', 'domain', 'platform', 'privacy'),
    uses('partitions', 'platform'),
    uses('read-models', 'domain', 'sessions', 'platform', 'privacy'),
    uses('cells', 'domain', 'sessions', 'read-models', 'platform', 'privacy'),
    standsAlone('packages/cli', 'packages/sdk'),
    standsAlone('packages/sdk'),
    standsAlone('packages/embedded-eventstore'),
    {
      name: 'apps-never-import-one-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'product-never-imports-tools-or-tests',
      severity: 'error',
      from: { path: '^(apps|libs|packages)/' },
      to: { path: '^(bench|test|tools)/' },
    },
    {
      // It would load Nest, validators and more for every command of the launcher.
      name: 'launcher-loads-no-whole-lib',
      severity: 'error',
      from: {
        path: [
          '^tools/(launcher|backing-services)/',
          '^tools/shared/(address|build|failure|free-ports|kafka|paths|ports|run|token|watch)\\.ts$',
          '^tools/(history-roots|keys)/key-file\\.ts$',
          '^libs/privacy/src/keys/(errors|key-file)\\.ts$',
        ],
        pathNot: 'spec\\.ts$',
      },
      to: { path: '^libs/[^/]+/src/index\\.ts$', dependencyTypesNot: ['type-only'], dynamic: false },
    },
    {
      name: 'consistency-checker-imports-only-types-of-ours',
      severity: 'error',
      from: { path: '^test/consistency/checker/', pathNot: '(spec\\.ts$|/porcupine/)' },
      to: {
        path: '^(apps|libs|packages|tools|bench|test)/',
        pathNot: '^test/consistency/(checker/|common/history\\.ts$)',
      },
    },
    {
      name: 'one-user-of-the-event-store-client',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: libs('sessions') },
      to: { path: '@eventstore/db-client' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)dist/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['source', 'import', 'node', 'default'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
