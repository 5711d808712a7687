import { runApp } from '#platform';
import { BridgeModule } from './bridge.module.ts';

await runApp({ name: 'bridge', defaultPort: 3002, module: BridgeModule });
