// The context object ("Using the Lambda context object to retrieve Node.js function information").

const PREFIX = "lambda-runtime-";

// Returns what the handler gets to know of an invocation.
export function contextOf({ id, headers }) {
  const { env } = process;
  const deadline = Number(headers[`${PREFIX}deadline-ms`]);
  const trace = headers[`${PREFIX}trace-id`];
  if (trace) env._X_AMZN_TRACE_ID = trace;
  else delete env._X_AMZN_TRACE_ID;
  return {
    functionVersion: env.AWS_LAMBDA_FUNCTION_VERSION,
    functionName: env.AWS_LAMBDA_FUNCTION_NAME,
    memoryLimitInMB: env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    logGroupName: env.AWS_LAMBDA_LOG_GROUP_NAME,
    logStreamName: env.AWS_LAMBDA_LOG_STREAM_NAME,
    clientContext: parsed(headers[`${PREFIX}client-context`]),
    identity: parsed(headers[`${PREFIX}cognito-identity`]),
    invokedFunctionArn: headers[`${PREFIX}invoked-function-arn`],
    awsRequestId: id,
    getRemainingTimeInMillis: () => deadline - Date.now(),
  };
}

function parsed(text) {
  return text ? JSON.parse(text) : undefined;
}
