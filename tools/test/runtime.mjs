import { createRequire, registerHooks } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import Runtime from 'jest-runtime';
import { compile, isTypeScript } from '../typescript.mjs';

/** The symbol under which a spec finds its imports from @jest/globals. */
const globals = Symbol.for('turnstream.spec');
const compiled = new Map();
const codeOf = (url) => {
  const [file] = url.split('?');
  if (!compiled.has(file)) compiled.set(file, compile(file));
  return compiled.get(file);
};

/** Modules loaded for one spec file: itself and its helpers, which register jest hooks and open connections as they load. */
const isOfSpec = (url) => /(spec|\/test-[^/]*)\.ts$/.test(url);

// `?spec=N`: a spec file and its helpers are loaded for that file alone. Other modules are loaded once per process, as in production.
registerHooks({
  resolve(specifier, context, nextResolve) {
    const [spec] = /\?spec=\d+$/.exec(context.parentURL ?? '') ?? [];
    if (spec && specifier === '@jest/globals') return { url: `jest:globals${spec}`, shortCircuit: true };
    const resolved = nextResolve(specifier, context);
    return spec && isOfSpec(resolved.url) ? { ...resolved, url: resolved.url + spec } : resolved;
  },
  load(url, context, nextLoad) {
    if (url.startsWith('jest:globals')) {
      const names = Object.keys(globalThis[globals]).join();
      const source = `export const { ${names} } = globalThis[Symbol.for('${globals.description}')];`;
      return { format: 'module', source, shortCircuit: true };
    }
    if (!isTypeScript(url)) return nextLoad(url, context);
    return { format: 'module', source: codeOf(url), shortCircuit: true };
  },
});

/** The file of the source map of each module that a stack trace names. */
const sourceMaps = new (class extends Map {
  get(url) {
    const [, map] = /^\/\/# sourceMappingURL=(\S+)$/m.exec(compiled.get(url.split('?')[0]) ?? '') ?? [];
    return map && fileURLToPath(map);
  }
})();

let specs = 0;

/**
 * Node itself loads specs, not jest in a VM context. So a process loads our modules and the npm packages once, not for each
 * spec file, and they behave as in production. Mocks of modules are not possible; no spec has one.
 */
export default class extends Runtime {
  unstable_importModule(from, name) {
    if (!from.endsWith('.ts')) return super.unstable_importModule(from, name);
    globalThis[globals] = this.requireModuleOrMock(from, '@jest/globals');
    specs += 1;
    return import(`${pathToFileURL(from).href}?spec=${specs}`);
  }

  /** Jest's runner, which holds the tests of a spec file, is loaded for each file; what it requires is loaded once. */
  requireInternalModule(from, name) {
    return name ? createRequire(from)(name) : super.requireInternalModule(from);
  }

  getSourceMaps() {
    return sourceMaps;
  }
}
