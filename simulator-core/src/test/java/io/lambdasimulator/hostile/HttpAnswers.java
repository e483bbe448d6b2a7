package io.lambdasimulator.hostile;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** Reads what came back on a connection, as strictly as HTTP allows. */
final class HttpAnswers {

    /** One answer; header lines as they came. */
    record Answer(int status, List<String> headerLines, String body) {

        String header(String name) {
            return headerLines.stream()
                    .filter(line -> line.regionMatches(true, 0, name + ":", 0, name.length() + 1))
                    .map(line -> line.substring(name.length() + 1).strip())
                    .findFirst()
                    .orElse("");
        }
    }

    /** What came back is no complete answer. */
    static final class Malformed extends Exception {
        private static final long serialVersionUID = 1L;

        Malformed(String message) {
            super(message);
        }
    }

    private static final Pattern STATUS_LINE = Pattern.compile("HTTP/1\\.1 ([1-5]\\d\\d) [ -~]*");
    private static final Pattern HEADER_LINE = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]+: ?[^\\r\\n\\x00]*");

    private final String text;

    /** Whether an answer may announce a body that does not come, since the request may have been a HEAD. */
    private final boolean mayBeForHead;

    private int at;

    private HttpAnswers(byte[] bytes, boolean mayBeForHead) {
        this.text = new String(bytes, StandardCharsets.ISO_8859_1);
        this.mayBeForHead = mayBeForHead;
    }

    /** Every answer, interim ones left out; each has to be complete. */
    static List<Answer> in(byte[] bytes, boolean mayBeForHead) throws Malformed {
        HttpAnswers answers = new HttpAnswers(bytes, mayBeForHead);
        List<Answer> all = new ArrayList<>();
        while (answers.at < answers.text.length()) {
            Answer answer = answers.next();
            if (answer.status() >= 200) {
                all.add(answer);
            }
        }
        return all;
    }

    private Answer next() throws Malformed {
        String statusLine = line();
        var status = STATUS_LINE.matcher(statusLine);
        if (!status.matches()) {
            throw new Malformed("no status line: " + statusLine);
        }
        List<String> headerLines = new ArrayList<>();
        for (String line = line(); !line.isEmpty(); line = line()) {
            if (!HEADER_LINE.matcher(line).matches()) {
                throw new Malformed("no header: " + line);
            }
            headerLines.add(line);
        }
        Answer head = new Answer(Integer.parseInt(status.group(1)), headerLines, "");
        return new Answer(head.status(), headerLines, body(head));
    }

    private String body(Answer head) throws Malformed {
        if (head.status() < 200 || head.status() == 204 || head.status() == 304) {
            return "";
        }
        String length = head.header("Content-Length");
        boolean isHeadAlone = mayBeForHead && (at == text.length() || text.startsWith("HTTP/1.1 ", at));
        if (isHeadAlone) {
            return "";
        }
        if (!length.isEmpty()) {
            return exactly(Integer.parseInt(length));
        }
        if (head.header("Transfer-Encoding").equals("chunked")) {
            StringBuilder body = new StringBuilder();
            for (String chunk = chunk(); !chunk.isEmpty(); chunk = chunk()) {
                body.append(chunk);
            }
            return body.toString();
        }
        if (head.header("Connection").equals("close")) {
            return exactly(text.length() - at);
        }
        throw new Malformed("nothing says how long the body is: " + head);
    }

    private String chunk() throws Malformed {
        String chunk = exactly(Integer.parseInt(line(), 16));
        String end = line();
        if (!end.isEmpty()) {
            throw new Malformed("no end of the chunk: " + end);
        }
        return chunk;
    }

    private String exactly(int length) throws Malformed {
        if (text.length() - at < length) {
            throw new Malformed("the body ends after " + (text.length() - at) + " of " + length + " bytes");
        }
        at += length;
        return text.substring(at - length, at);
    }

    private String line() throws Malformed {
        int end = text.indexOf("\r\n", at);
        if (end < 0) {
            throw new Malformed("no line: " + text.substring(at));
        }
        String line = text.substring(at, end);
        at = end + 2;
        return line;
    }
}
