// A smoke test of the client by @hey-api/openapi-ts.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import { client } from "./hey-api/client.gen";
import {
  cancelCallback,
  createCallback,
  createSession,
  getCallback,
  listCallbacks,
  listServices,
  putNameRecording,
} from "./hey-api/sdk.gen";

async function main(): Promise<void> {
  const { RINGBACK_URL: baseUrl, RINGBACK_USER: username, RINGBACK_PASSWORD: password, RECORDING } = process.env;
  assert(baseUrl && username && password && RECORDING);
  client.setConfig({ baseUrl });
  const session = await createSession({ body: { username, password }, throwOnError: true });
  client.setConfig({ baseUrl, auth: (auth) => (auth.scheme === "bearer" ? session.data.access_token : undefined) });

  const services = await listServices({ throwOnError: true });
  const service = services.data.items[0];
  assert(service);
  const created = await createCallback({
    body: { callback_type: "immediate", service_id: service.id, customer_number: "+442079460318" },
    throwOnError: true,
  });
  const path = { id: created.data.id };

  const recording = new Blob([readFileSync(RECORDING)], { type: "audio/wav" });
  const uploaded = await putNameRecording({ path, body: recording, throwOnError: true });
  assert.equal(uploaded.data.media_type, "audio/wav");
  const listed = await listCallbacks({
    query: { sort: "-created_at", state: ["QUEUED", "SCHEDULED"] },
    throwOnError: true,
  });
  assert(listed.data.items.some((item) => item.id === path.id));
  const read = await getCallback({ path, throwOnError: true });
  assert.equal(read.data.customer_number, "+442079460318");
  const cancelled = await cancelCallback({ path, throwOnError: true });
  assert.equal(cancelled.data.state, "COMPLETED");
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
