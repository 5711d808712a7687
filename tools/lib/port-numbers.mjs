import { ENGINES } from './engines/list.mjs';
import { Failure } from './fail.mjs';

/** The port that a variable names, or the usual one. */
export function portOf(variable, usual, env = process.env) {
  const text = env[variable] ?? String(usual);
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new Failure(`${variable} is '${text}': set it to a whole number from 1 to 65535.`);
}

/** Fails when a port variable is no port, or when two parts of the system would listen on the same one. */
export function assertPorts(apps, env) {
  const engines = ENGINES.map(({ title, variable, portVariable, port }) => {
    const listens = portOf(portVariable, port, env);
    return env[variable] ? undefined : { name: `${title}, ${portVariable}`, port: listens };
  });
  const last = Math.max(...apps.map(({ port }) => port));
  if (last > 65_535)
    throw new Failure(`PORT is too high: the apps would need port ${last}. Set a lower PORT.`);
  const users = new Map();
  const own = apps.map(({ name, port }) => ({ name: `${name}, of PORT`, port }));
  for (const { name, port } of [...own, ...engines.filter(Boolean)]) {
    const other = users.get(port);
    if (other)
      throw new Failure(`Two would listen on port ${port} (${other}; ${name}): set another port for one.`);
    users.set(port, name);
  }
}
