const lib = (name) => `^libs/${name}/`;
const only = (name, from, allowed) => ({
  name,
  severity: 'error',
  from: { path: from },
  to: { path: '^(apps|libs)/', pathNot: [from, ...allowed] },
});

/** Who may import whom: apps import libs, never one another; the pure and public libs import nothing of ours. */
export default {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only('domain-is-pure', lib('domain'), []),
    {
      name: 'domain-has-no-packages',
      severity: 'error',
      from: { path: lib('domain'), pathNot: 'spec\\.ts$' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
    },
    only('messaging-stands-alone', lib('messaging'), []),
    only('sdk-stands-alone', lib('sdk'), []),
    only('embedded-store-stands-alone', '^apps/event-store/', []),
    only('platform-stands-alone', lib('platform'), []),
    only('event-store-uses-domain', lib('event-store'), [lib('domain')]),
    only('read-models-use-domain-and-event-store', lib('read-models'), [lib('domain'), lib('event-store')]),
    {
      name: 'apps-never-import-one-another',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'libs-never-import-apps',
      severity: 'error',
      from: { path: '^libs/' },
      to: { path: '^(apps|bench|test|tools)/' },
    },
    {
      name: 'one-user-of-the-store-client',
      severity: 'error',
      from: { path: '^(apps|libs)/', pathNot: [lib('event-store'), '^apps/event-store/'] },
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
