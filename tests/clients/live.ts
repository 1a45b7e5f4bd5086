// Live calls with the types that openapi-typescript generated: tsx live.ts http://127.0.0.1:8080
import createClient from "openapi-fetch";
import type { paths } from "./api";

const client = createClient<paths>({ baseUrl: process.argv[2] });
const check = (holds: unknown, what: string) => {
  if (!holds) throw new Error(what);
};

async function main() {
  const page = await client.GET("/v1/certifications", { params: { query: { limit: 1 } } });
  const first = page.data?.items[0];
  if (!first) throw new Error("nothing is listed");
  const path = { supplier: first.supplier, service: first.service };
  const view = await client.GET("/v1/certifications/{supplier}/{service}", { params: { path } });
  check(view.data?.content.content.responses.length === 44, "44 answers");
  const diff = await client.GET("/v1/certifications/{supplier}/{service}/diff", { params: { path, query: { from: 1 } } });
  for (const change of diff.data?.changes ?? []) {
    const segments = change.paragraphs.flatMap((paragraph) => paragraph.segments);
    check(segments.every((segment) => ["equal", "delete", "insert"].includes(segment.op)), "known ops");
  }
  const report = await client.POST("/v1/reports/since", {
    body: { items: [{ certification: first.id, signed_up_on: "2019-09", ref: "row 1" }] },
  });
  check(report.data?.items[0].ref === "row 1", "the reference comes back");
  const versions = "/v1/certifications/{supplier}/{service}/versions" as const;
  const refused = await client.POST(versions, { params: { path }, body: { document: "{}\n", signature: "x" } });
  check(refused.response.status === 422 && refused.error?.errors, "a problem with its faults");
  const form = await client.POST(versions, {
    params: { path },
    body: { document: "{}\n" },
    bodySerializer: (body) => {
      const form = new FormData();
      form.append("document", new Blob([body?.document ?? ""]), "document.json");
      return form;
    },
  });
  check(form.response.status === 422 && form.error?.request_id, "a form is read as well");
  console.log("TypeScript client: all calls as described");
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
