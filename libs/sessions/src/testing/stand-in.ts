import { credentials, Metadata, Server, ServerCredentials, status, type ServiceError } from '@grpc/grpc-js';
import type { handleBidiStreamingCall, handleServerStreamingCall, handleUnaryCall } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServerWritableStream } from '@grpc/grpc-js';
import gossipService from '@eventstore/db-client/generated/gossip_grpc_pb.js';
import gossip, { type ClusterInfo } from '@eventstore/db-client/generated/gossip_pb.js';
import shared from '@eventstore/db-client/generated/shared_pb.js';
import streams from '@eventstore/db-client/generated/streams_grpc_pb.js';
import type {
  BatchAppendReq,
  BatchAppendResp,
  ReadReq,
  ReadResp,
} from '@eventstore/db-client/generated/streams_pb.js';

/** A read in flight: forward it, with some of its messages, or answer it otherwise. */
interface ReadInFlight {
  readonly request: ReadReq;
  /** The name of the stream; undefined: `$all`. */
  readonly stream: string | undefined;
  readonly metadata: Metadata;
  readonly call: ServerWritableStream<ReadReq, ReadResp>;
  readonly forward: (keep?: (message: ReadResp) => boolean) => void;
}

/** An append in flight: forward it, or answer it otherwise. */
interface AppendInFlight {
  readonly request: BatchAppendReq;
  readonly forward: () => void;
  readonly answer: (response: BatchAppendResp) => void;
}

/** How a stand-in handles calls; by default it forwards them. */
interface Behaviour {
  read?: (read: ReadInFlight) => void;
  append?: (append: AppendInFlight) => void;
  /** May change the store's answer to an append; undefined: there is none. */
  answer?: (answer: BatchAppendResp) => BatchAppendResp | undefined;
  /** The port of the leader that discovery reports; by default its own. */
  leader?: () => number;
}

/** A proxy in front of a real event store that behaves like one that is slow, hung, or electing a leader. */
export class StandIn {
  private readonly batches = new Set<ServerDuplexStream<BatchAppendReq, BatchAppendResp>>();

  private constructor(
    private readonly server: Server,
    private readonly store: InstanceType<typeof streams.StreamsClient>,
    readonly port: number,
    readonly behaviour: Behaviour,
  ) {}

  static async before(url: string, behaviour: Behaviour = {}): Promise<StandIn> {
    const store = new streams.StreamsClient(new URL(url).host, credentials.createInsecure());
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error ? reject(error) : resolve(bound),
      );
    });
    const standIn = new StandIn(server, store, port, behaviour);
    server.addService(streams.StreamsService, { read: standIn.read, batchAppend: standIn.batchAppend });
    server.addService(gossipService.GossipService, { read: standIn.gossip });
    return standIn;
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Breaks the calls on which appends are sent. */
  breakCalls(): void {
    for (const call of this.batches) call.emit('error', { code: status.UNAVAILABLE, details: 'broken' });
    this.batches.clear();
  }

  close(): void {
    this.server.forceShutdown();
    this.store.close();
  }

  private readonly read: handleServerStreamingCall<ReadReq, ReadResp> = (call) => {
    const forward = (keep: (message: ReadResp) => boolean = () => true): void => {
      const upstream = this.store.read(call.request, new Metadata());
      call.on('cancelled', () => upstream.cancel());
      upstream.on('data', (message: ReadResp) => keep(message) && call.write(message));
      upstream.on('error', (error: ServiceError) => call.emit('error', error));
      upstream.on('end', () => call.end());
    };
    const name = call.request.getOptions()?.getStream()?.getStreamIdentifier()?.getStreamName_asU8();
    const stream = name && Buffer.from(name).toString();
    const { metadata, request } = call;
    if (this.behaviour.read) this.behaviour.read({ request, stream, metadata, call, forward });
    else forward();
  };

  private readonly batchAppend: handleBidiStreamingCall<BatchAppendReq, BatchAppendResp> = (call) => {
    const upstream = this.store.batchAppend(new Metadata());
    this.batches.add(call);
    call.on('close', () => this.batches.delete(call));
    upstream.on('data', (found: BatchAppendResp) => {
      const answer = this.behaviour.answer ? this.behaviour.answer(found) : found;
      if (answer) call.write(answer);
    });
    upstream.on('error', () => call.end());
    call.on('cancelled', () => upstream.cancel());
    call.on('end', () => upstream.end());
    call.on('data', (request: BatchAppendReq) => this.append(call, request, () => upstream.write(request)));
  };

  private append(
    call: ServerDuplexStream<BatchAppendReq, BatchAppendResp>,
    request: BatchAppendReq,
    forward: () => void,
  ): void {
    const answer = (response: BatchAppendResp): void => void call.write(response);
    if (this.behaviour.append) this.behaviour.append({ request, forward, answer });
    else forward();
  }

  private readonly gossip: handleUnaryCall<unknown, ClusterInfo> = (_, callback) => {
    const endpoint = new gossip.EndPoint();
    endpoint.setAddress('127.0.0.1');
    endpoint.setPort(this.behaviour.leader?.() ?? this.port);
    const member = new gossip.MemberInfo();
    const id = new shared.UUID();
    id.setString('00000000-0000-4000-8000-000000000000');
    member.setInstanceId(id);
    member.setState(gossip.MemberInfo.VNodeState.LEADER);
    member.setIsAlive(true);
    member.setHttpEndPoint(endpoint);
    const info = new gossip.ClusterInfo();
    info.setMembersList([member]);
    callback(null, info);
  };
}
