import { join } from 'node:path';
import { root } from './paths.mjs';
import { run } from './run.mjs';

/** True when a Docker engine (not only its command) with compose answers. */
export async function dockerAnswers() {
  const options = { timeoutMs: 4000 };
  const info = await run('docker', ['info', '--format', '{{.ServerVersion}}'], options);
  return (
    info.code === 0 &&
    /^\d/.test(info.output.trim()) &&
    (await run('docker', ['compose', 'version'], options)).code === 0
  );
}

/**
 * The engines of docker-compose.yml as one program of the guard: compose in the foreground, stopped with it.
 * @param {{ project: string, services: string[], ports: Record<string, number>, keep: boolean }} options
 *   keep: the volumes outlive the run
 */
export function composeSpec({ project, services, ports, keep }) {
  const compose = ['compose', '-f', join(root, 'docker-compose.yml'), '-p', project];
  const env = { ...process.env };
  for (const [name, port] of Object.entries(ports)) env[name] = String(port);
  return {
    name: 'docker',
    title: 'Docker compose',
    command: 'docker',
    args: [...compose, 'up', '--no-color', ...services],
    env,
    graceMs: 60_000,
    afterStop: ['docker', ...compose, 'down', ...(keep ? [] : ['--volumes'])],
  };
}
