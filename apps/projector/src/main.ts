import { runApp } from '#platform';
import { connectionSettings } from '#read-models';
import { ProjectorModule } from './projector.module.ts';

await runApp({
  name: 'projector',
  defaultPort: 3001,
  module: ProjectorModule,
  postgres: { max: 6, settings: connectionSettings },
});
