/** `node --import ./tools/register.mjs program.ts`: compiles TypeScript as it is loaded. */
import { enableCompileCache, registerHooks } from 'node:module';
import { compile, isTypeScript } from './typescript.mjs';

enableCompileCache();

registerHooks({
  load(url, context, nextLoad) {
    if (!isTypeScript(url)) return nextLoad(url, context);
    return { format: 'module', source: compile(url), shortCircuit: true };
  },
});

// A program of tools/bootstrap.mjs ends with it.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
