import { status } from '@grpc/grpc-js';
import { RpcError } from '../rpc/errors.ts';

type Fault = 'does-not-exist' | 'exists' | 'failed' | 'maximum-subscribers-reached' | 'dropped';

const FAULTS: Readonly<Record<Fault, readonly [code: status, exception: string, ending: string]>> = {
  'does-not-exist': [status.NOT_FOUND, 'persistent-subscription-does-not-exist', 'does not exist.'],
  exists: [status.ALREADY_EXISTS, 'persistent-subscription-exists', 'exists.'],
  failed: [status.INTERNAL, 'persistent-subscription-failed', 'failed'],
  'maximum-subscribers-reached': [status.FAILED_PRECONDITION, 'maximum-subscribers-reached', ''],
  dropped: [status.CANCELLED, 'persistent-subscription-dropped', 'was dropped.'],
};

/** The error of a persistent subscription. */
export const groupError = (fault: Fault, stream: string, group: string, reason?: string): RpcError => {
  const [code, exception, ending] = FAULTS[fault];
  const subject = `ubscription group ${group} on stream ${stream}`;
  const message =
    fault === 'maximum-subscribers-reached'
      ? `Maximum subscriptions reached for s${subject}.`
      : `S${subject} ${reason === undefined ? ending : `${ending}: '${reason}'`}`;
  return new RpcError(code, message, {
    exception,
    'stream-name': stream,
    'group-name': group,
    ...(reason !== undefined && { reason }),
  });
};
