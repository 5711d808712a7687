import { runInNewContext } from 'node:vm';
import { TestEnvironment } from 'jest-environment-node';

const builtIns = runInNewContext('Object.getOwnPropertyNames(globalThis)').filter((name) =>
  ['function', 'object'].includes(typeof globalThis[name]),
);

// Set for jest only: the programs that specs start benefit from the cache.
delete process.env['NODE_DISABLE_COMPILE_CACHE'];

/**
 * Specs run among Node's own globals (see runtime.mjs), and their changes of them end with their file. Jest's runner
 * has its own context for each file, with the same globals; it compares, spies and sets the clock by Node's.
 */
export default class extends TestEnvironment {
  constructor(config, context) {
    super(config, context);
    for (const name of builtIns)
      if (name !== 'globalThis' && name !== 'console') this.global[name] = globalThis[name];
    this.moduleMocker = new this.moduleMocker.constructor(globalThis);
    const { projectConfig } = config;
    this.fakeTimersModern = new this.fakeTimersModern.constructor({
      config: projectConfig,
      global: globalThis,
    });
  }

  async setup() {
    await super.setup();
    this.before = { console: globalThis.console, env: { ...process.env } };
    globalThis.console = this.global.console;
  }

  async teardown() {
    const { console, env } = this.before;
    // The modules that it spied on are those of later files, too.
    this.moduleMocker.restoreAllMocks();
    globalThis.console = console;
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name];
    Object.assign(process.env, env);
    await super.teardown();
  }
}
