/** `npm start`: installs what is missing, then starts the engines and the apps. Built-ins only, for any Node from 20. */
import { main } from './lib/fail.mjs';
import { prepared } from './lib/install.mjs';

await main(async () => {
  if (!(await prepared())) return;
  const { start } = await import('./lib/start.mjs');
  await start(process.argv.slice(2));
});
