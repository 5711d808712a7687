import { runApp } from '#platform';
import { api } from './app.ts';

await runApp(api);
