package io.lambdasimulator.internal.http;

import io.lambdasimulator.internal.json.GoJson;
import java.util.List;

/** What AWS's emulator answers in place of the Telemetry and Logs APIs. */
final class TelemetryStub {

    private TelemetryStub() {}

    static List<Route> routes(Answers answers) {
        return List.of(stub(answers, "/2020-08-15/logs", "Logs"), stub(answers, "/2022-07-01/telemetry", "Telemetry"));
    }

    private static Route stub(Answers answers, String path, String api) {
        byte[] body = Answers.line(
                GoJson.object("errorMessage", api + " API is not supported", "errorType", api + ".NotSupported"));
        return new Route("PUT", path, exchange -> answers.send(exchange, Answer.of(202, "application/json", body)));
    }
}
