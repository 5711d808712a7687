import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { readFetchResponse } from './response.ts';

/**
 * Has kafkajs read what it fetches with our decoder. Its own copies all headers of a record for each of them (20,000 take
 * minutes), knows gzip only, unpacks without a limit, and fails the whole answer for one batch that it cannot read. Brokers
 * since Kafka 2.3 answer in version 11, the newest that kafkajs asks for.
 */
export function installFetchDecoder(): void {
  response.decode = readFetchResponse;
}
