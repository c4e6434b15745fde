// Baseline: one message, stored and pushed with the same AWS calls as ws-message makes, by the AWS SDK for JavaScript v3.
// The clients are made once; only what is used is bundled. Below the handler stands the loop that Lambda's Node runtime has.

import { ApiGatewayManagementApiClient, PostToConnectionCommand } from "@aws-sdk/client-apigatewaymanagementapi";
import {
  DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import http from "node:http";

const dynamodb = new DynamoDBClient({});
const connections = new ApiGatewayManagementApiClient({ endpoint: process.env.CONNECTIONS_URL });
const TableName = process.env.TABLE_NAME;

const key = (pk, sk) => ({ pk: { S: pk }, sk: { S: sk } });

async function handler(event) {
  const connection = event.requestContext.connectionId;
  const frame = JSON.parse(event.body);
  const conversation = `BC#${frame.conversation_id}`;
  const shopper = `BP#${connection}`;
  const [, head] = await Promise.all([
    dynamodb.send(
      new UpdateItemCommand({
        TableName,
        Key: key(`BK#${connection}`, "CONNECTION"),
        UpdateExpression: "ADD frames :one",
        ExpressionAttributeValues: { ":one": { N: "1" } },
        ReturnValues: "ALL_NEW",
      }),
    ),
    dynamodb.send(new GetItemCommand({ TableName, Key: key(conversation, "HEAD"), ConsistentRead: true })),
  ]);
  const seq = Number(head.Item?.seq?.N ?? 0);
  const next = { N: String(seq + 1) };
  const fresh = "attribute_not_exists(pk)";
  await dynamodb.send(
    new TransactWriteItemsCommand({
      TransactItems: [
        { Put: { TableName, Item: { ...key(shopper, `D#${frame.id}`), seq: next }, ConditionExpression: fresh } },
        {
          Put: {
            TableName,
            Item: { ...key(conversation, "HEAD"), seq: next, preview: { S: frame.text } },
            ConditionExpression: `${fresh} OR seq = :seq`,
            ExpressionAttributeValues: { ":seq": { N: String(seq) } },
          },
        },
        {
          Put: {
            TableName,
            Item: { ...key(conversation, `T#${String(seq + 1).padStart(20, "0")}`), text: { S: frame.text } },
            ConditionExpression: fresh,
          },
        },
      ],
    }),
  );
  const post = (to, message) =>
    connections.send(new PostToConnectionCommand({ ConnectionId: to, Data: JSON.stringify(message) }));
  await post(connection, { type: "ack", id: frame.id, seq: seq + 1 });
  const listeners = async (pk) => {
    const page = await dynamodb.send(
      new QueryCommand({
        TableName,
        KeyConditionExpression: "pk = :pk AND begins_with(sk, :x)",
        ExpressionAttributeValues: { ":pk": { S: pk }, ":x": { S: "X#" } },
        ConsistentRead: true,
      }),
    );
    return page.Items.map((item) => item.sk.S.slice(2));
  };
  const everybody = (await Promise.all([listeners(conversation), listeners(shopper)])).flat();
  await Promise.all(everybody.map((to) => post(to, { type: "entries", text: frame.text, seq: seq + 1 })));
  return { statusCode: 200 };
}

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const api = new URL(`http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/`);

function ask(method, path, body) {
  return new Promise((resolve, reject) => {
    const request = http.request(new URL(path, api), { method, agent }, (answer) => {
      let text = "";
      answer.on("data", (part) => (text += part));
      answer.on("end", () => resolve({ text, id: answer.headers["lambda-runtime-aws-request-id"] }));
    });
    request.on("error", reject);
    request.end(body);
  });
}

async function run() {
  for (;;) {
    const { text, id } = await ask("GET", "next");
    try {
      await ask("POST", `${id}/response`, JSON.stringify(await handler(JSON.parse(text))));
    } catch (error) {
      await ask("POST", `${id}/error`, JSON.stringify({ errorType: error.name, errorMessage: error.message }));
    }
  }
}

run();
