import { availableParallelism } from 'node:os';

export default {
  ...(process.argv.includes('--coverage')
    ? { testEnvironment: 'node' }
    : {
        testEnvironment: '<rootDir>/tools/test/environment.mjs',
        runtime: '<rootDir>/tools/test/runtime.mjs',
      }),
  testEnvironmentOptions: {
    customExportConditions: ['source', 'node', 'node-addons'],
    globalsCleanup: 'off',
  },
  extensionsToTreatAsEsm: ['.ts'],
  // Specs import them from @jest/globals; every file of every package would get a `jest` object of its own.
  injectGlobals: false,
  // Node's own modules call it, and wait for it.
  fakeTimers: { doNotFake: ['nextTick', 'queueMicrotask'] },
  transform: { '\\.ts$': ['@swc/jest'] },
  testMatch: ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/dist/'],
  // Specs of whole systems mostly wait: more workers than cores.
  maxWorkers: availableParallelism() + 2,
  testSequencer: '<rootDir>/tools/test/sequencer.mjs',
  // What specs have loaded stays in memory: a worker that holds more begins anew.
  workerIdleMemoryLimit: '1GB',
  // On a busy machine a worker's process takes a while to go.
  workerGracefulExitTimeout: 5_000,
  // One generous limit: a spec waits for its condition, its verdict is no duration.
  testTimeout: 600_000,
  // `npm run test:coverage`.
  coverageProvider: 'v8',
  collectCoverageFrom: ['{apps,libs}/*/src/**/*.ts', '!**/*spec.ts', '!**/test-*.ts'],
  coverageReporters: [['text', { maxCols: 120 }], 'lcovonly'],
  coverageThreshold: {
    './libs/domain/src/**/decide*.ts': { branches: 100 },
    './libs/domain/src/**/evolve*.ts': { branches: 100 },
    './libs/sessions/src/command-executor.ts': { branches: 100 },
  },
};
