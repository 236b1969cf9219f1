// A smoke test of the client by openapi-typescript and openapi-fetch.
import assert from "node:assert";
import { readFileSync } from "node:fs";
import createClient from "openapi-fetch";
import { CallbackType, Sort, StateName, type paths } from "./schema";

async function main(): Promise<void> {
  const { RINGBACK_URL: baseUrl, RINGBACK_USER: username, RINGBACK_PASSWORD: password, RECORDING } = process.env;
  assert(baseUrl && username && password && RECORDING);
  const client = createClient<paths>({ baseUrl });
  const session = await client.POST("/api/v1/session", { body: { username, password } });
  assert(session.data, JSON.stringify(session.error));
  const headers = { authorization: `Bearer ${session.data.access_token}` };

  const services = await client.GET("/api/v1/services", { headers });
  const service = services.data?.items[0];
  assert(service, JSON.stringify(services.error));
  const created = await client.POST("/api/v1/callbacks", {
    headers,
    body: { callback_type: CallbackType.Immediate, service_id: service.id, customer_number: "+442079460318" },
  });
  assert(created.data, JSON.stringify(created.error));
  const path = { id: created.data.id };

  const uploaded = await client.PUT("/api/v1/callbacks/{id}/name-recording", {
    headers: { ...headers, "content-type": "audio/wav" },
    params: { path },
    body: "",
    bodySerializer: () => readFileSync(RECORDING),
  });
  assert.equal(uploaded.data?.media_type, "audio/wav", JSON.stringify(uploaded.error));
  const listed = await client.GET("/api/v1/callbacks", {
    headers,
    params: { query: { sort: Sort.CreatedAtDescending, state: [StateName.Queued, StateName.Scheduled] } },
  });
  assert(listed.data?.items.some((item) => item.id === path.id), JSON.stringify(listed.error));
  const read = await client.GET("/api/v1/callbacks/{id}", { headers, params: { path } });
  assert.equal(read.data?.customer_number, "+442079460318");
  const cancelled = await client.POST("/api/v1/callbacks/{id}/cancel", { headers, params: { path } });
  assert.equal(cancelled.data?.state, StateName.Completed, JSON.stringify(cancelled.error));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
