import type { Admin, Kafka } from 'kafkajs';

/** Connects an administrative client for some work. */
export async function withAdmin<T>(
  kafka: Pick<Kafka, 'admin'>,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}
