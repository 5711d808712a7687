import { Server, ServerCredentials, type ServerDuplexStream, type ServerWritableStream } from '@grpc/grpc-js';
import serverFeatures from '@eventstore/db-client/generated/serverfeatures_grpc_pb.js';
import serverFeaturesMessages from '@eventstore/db-client/generated/serverfeatures_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type { BatchAppendReq, ReadReq } from '@eventstore/db-client/generated/streams_pb.js';
import messages from '@eventstore/db-client/generated/streams_pb.js';

/**
 * The baseline: grpc-js with the client's own generated messages. It answers every append at once and stores
 * nothing, and answers every read from memory. Arguments: number of events, bytes of each.
 */
const [count = '0', size = '0'] = process.argv.slice(2);

const { BatchAppendResp, ReadResp } = messages;
let revision = 0;

const success = (request: BatchAppendReq): InstanceType<typeof BatchAppendResp> => {
  const position = new shared.AllStreamPosition();
  position.setCommitPosition(String(revision));
  position.setPreparePosition(String(revision));
  const done = new BatchAppendResp.Success();
  done.setCurrentRevision(String(revision++));
  done.setPosition(position);
  const response = new BatchAppendResp();
  response.setCorrelationId(request.getCorrelationId());
  response.setStreamIdentifier(request.getOptions()?.getStreamIdentifier());
  response.setSuccess(done);
  return response;
};

type AppendCall = ServerDuplexStream<BatchAppendReq, InstanceType<typeof BatchAppendResp>>;
const batchAppend = (call: AppendCall): void => {
  call.on('data', (request: BatchAppendReq) => {
    if (request.getIsFinal()) call.write(success(request));
  });
  call.on('end', () => call.end());
};

const memory = Array.from({ length: Number(count) }, (_, index) => {
  const id = new shared.UUID();
  id.setString(crypto.randomUUID());
  const stream = new shared.StreamIdentifier();
  stream.setStreamName(Buffer.from('stream').toString('base64'));
  const recorded = new ReadResp.ReadEvent.RecordedEvent();
  recorded.setId(id);
  recorded.setStreamIdentifier(stream);
  recorded.setStreamRevision(String(index));
  recorded.setCommitPosition(String(index));
  recorded.setPreparePosition(String(index));
  recorded.getMetadataMap().set('type', 'Happened').set('created', '17000000000000000');
  recorded.getMetadataMap().set('content-type', 'application/json');
  recorded.setData(Buffer.from(JSON.stringify({ text: 'x'.repeat(Number(size)) })));
  const event = new ReadResp.ReadEvent();
  event.setEvent(recorded);
  event.setCommitPosition(String(index));
  const response = new ReadResp();
  response.setEvent(event);
  return response;
});

type ReadCall = ServerWritableStream<ReadReq, InstanceType<typeof ReadResp>>;
const read = async (call: ReadCall): Promise<void> => {
  for (const response of memory) {
    if (!call.write(response)) await new Promise((resolve) => void call.once('drain', resolve));
  }
  call.end();
};

const server = new Server();
server.addService(streams.StreamsService, { batchAppend, read: (call: ReadCall) => void read(call) });
server.addService(serverFeatures.ServerFeaturesService, {
  getSupportedMethods: (_call: unknown, callback: (error: null, methods: unknown) => void) => {
    const method = new serverFeaturesMessages.SupportedMethod();
    method.setServiceName('event_store.client.streams.streams');
    method.setMethodName('batchappend');
    const methods = new serverFeaturesMessages.SupportedMethods();
    methods.addMethods(method);
    methods.setEventStoreServerVersion('24.10.4');
    callback(null, methods);
  },
});
server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) => {
  process.stdout.write(error ? `${error.message}\n` : `listening on port ${port} (bare)\n`);
});
