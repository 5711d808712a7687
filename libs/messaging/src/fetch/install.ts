import response from 'kafkajs/src/protocol/requests/fetch/v11/response.js';
import { readFetchResponse } from './response.ts';

/**
 * Makes kafkajs read fetched data with our decoder. Its own decoder copies all headers of a record for each of them (20,000 take
 * minutes), supports gzip only, decompresses without a limit, and fails the whole answer for one unreadable batch. Brokers
 * since Kafka 2.3 answer in version 11, the newest that kafkajs requests.
 */
export function installFetchDecoder(): void {
  response.decode = readFetchResponse;
}
