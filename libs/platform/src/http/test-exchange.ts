import { once } from 'node:events';
import { connect } from 'node:net';

/** Sends bytes unchanged and returns everything received until the server closes or a JSON document has ended. */
export async function exchange({ hostname, port }: URL, raw: string): Promise<string> {
  const socket = connect(Number(port), hostname);
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    answer += chunk;
    if (answer.endsWith('}')) socket.end();
  });
  socket.write(raw);
  await once(socket, 'close');
  return answer;
}
