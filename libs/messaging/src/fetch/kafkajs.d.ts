/** The part of kafkajs that has no types and is replaced: see install.ts. */
declare module 'kafkajs/src/protocol/requests/fetch/v11/response.js' {
  const response: { decode: (bytes: Buffer) => Promise<unknown> };
  export default response;
}
