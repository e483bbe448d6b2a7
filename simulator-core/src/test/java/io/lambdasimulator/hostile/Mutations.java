package io.lambdasimulator.hostile;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes hostile connections out of valid requests. The same seed, index and request make the same connection. Each mutation
 * has its turn as the first one, and others come on top of it at random; so do the ways of delivery.
 */
public final class Mutations {

    private static final int LARGE = 10_000;

    /** More than the header limit of the server. */
    private static final int TOO_LARGE = 1_300_000;

    private static final Pattern JSON_TOKEN =
            Pattern.compile("\"[^\"\\\\]*+(?:\\\\.[^\"\\\\]*+)*+\"|-?\\d+(?:\\.\\d+)?|true|false|null|[\\[\\]{},:]");

    /** Texts of which each has surprised some parser. */
    private static final List<String> NASTY = List.of(
            "",
            " ",
            "\t",
            "%00",
            "%zz",
            "%",
            "%2F..%2F",
            "../../../etc/passwd",
            "null",
            "-1",
            "0",
            "99999999999999999999",
            "9223372036854775807",
            "1e400",
            "NaN",
            "\u0000",
            "\u007f",
            "\u00ff\u00fe",
            "\u00c0\u00af",
            "\u00ed\u00a0\u0080",
            "\u00f0\u009f\u0092\u00a9",
            "<script>alert(1)</script>",
            "';DROP TABLE invocations;--",
            "${jndi:ldap://localhost/a}",
            "{\"a\":1}",
            "W10=",
            "bm90IGpzb24=",
            "*",
            ",",
            ";",
            "=",
            "\"",
            "\\",
            "a,b,,c",
            "00000000-0000-0000-0000-000000000000",
            "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1",
            "Root=;Parent=;Sampled=");

    private static final List<String> HEADERS = List.of(
            "Expect: 100-continue",
            "Expect: miracles",
            "Connection: close",
            "Connection: keep-alive, Upgrade",
            "Connection: Transfer-Encoding",
            "Upgrade: h2c",
            "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
            "Content-Encoding: gzip",
            "Content-Type: application/x-www-form-urlencoded",
            "Content-Type: multipart/form-data",
            "Content-Type: application/vnd.aws.lambda.error.cause+json",
            "Content-Type: application/vnd.awslambda.http-integration-response",
            "Content-Type: \u00e4;;charset=",
            "Host: other",
            "Host:",
            "Host: a b",
            "Host: h:99999",
            "Host: [::1",
            "Trailer: Lambda-Runtime-Function-Error-Type",
            "TE: trailers",
            "Range: bytes=0-",
            "Cookie: a=b; a=b;;; =",
            "Origin: null",
            "X-Forwarded-For: ::1",
            "X-Forwarded-Proto: gopher",
            "Keep-Alive: timeout=0",
            "Proxy-Connection: x",
            "Lambda-Runtime-Function-Response-Mode: streaming",
            "Lambda-Runtime-Function-Response-Mode: other",
            "Lambda-Runtime-Function-Error-Type: \u00ff",
            "Lambda-Runtime-Function-XRay-Error-Cause: {",
            "Lambda-Runtime-Invocation-Id: x",
            "Lambda-Extension-Accept-Feature: ,,accountId,,",
            "Lambda-Extension-Identifier: x",
            "Lambda-Extension-Name: x/../y",
            "X-Amz-Invocation-Type: event",
            "X-Amz-Invocation-Type: Event",
            "X-Amz-Invocation-Type: DryRun",
            "X-Amz-Log-Type: Tail",
            "X-Amz-Log-Type: Head",
            "X-Amz-Client-Context: e30",
            "X-Amz-Client-Context: !!!!",
            "X-Amz-Client-Context: /w==",
            "X-Amz-Tenant-Id: \u00ff",
            "X-Amzn-Trace-Id: Root=1;Root=2;;;=");

    private static final List<String> METHODS = List.of(
            "GET",
            "POST",
            "PUT",
            "DELETE",
            "HEAD",
            "OPTIONS",
            "PATCH",
            "TRACE",
            "CONNECT",
            "get",
            "",
            "PO ST",
            "POST\u0000",
            "PRI",
            "\u00ff",
            "M".repeat(300));

    private static final List<String> VERSIONS = List.of(
            "HTTP/1.0",
            "HTTP/0.9",
            "HTTP/1.2",
            "HTTP/2.0",
            "HTTP/3.7",
            "http/1.1",
            "HTTP/1.1x",
            "HTTP/11",
            "HTTP/",
            "HTTP",
            "",
            "HTTPS/1.1",
            "HTTP/1.1 HTTP/1.1",
            "RTSP/1.0",
            "HTTP/-1.1",
            "HTTP/1.99999999999");

    private static final List<String> LENGTHS = List.of(
            "-1",
            "-0",
            "+5",
            "0x5",
            "5 5",
            "5,5",
            "5, 6",
            "",
            " ",
            "1e3",
            "abc",
            "2147483647",
            "2147483648",
            "9223372036854775807",
            "9223372036854775808",
            "99999999999999999999999",
            "0",
            "00000005",
            "\u0665");

    private static final List<String> ENCODINGS = List.of(
            "gzip",
            "identity",
            "chunked, chunked",
            "gzip, chunked",
            "chunked, gzip",
            "xchunked",
            "chunked;q=1",
            " chunked",
            "CHUNKED",
            "",
            ",",
            "chunked,",
            "\u000bchunked",
            "\"chunked\"",
            "chunked\u0000");

    private static final List<String> JSON = List.of(
            "null",
            "true",
            "0",
            "-1",
            "1e999999",
            "\"\"",
            "[]",
            "{}",
            "[[[[]]]]",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "\"\u00c0\u0080\"",
            "\"\u00ed\u00a0\u0080\"",
            "\"\u00ff\"",
            "\"\u0000\"",
            "\u00ef\u00bb\u00bf",
            "NaN",
            "Infinity",
            "'a'",
            "{\"a\":1,\"a\":2}",
            "{\"a\"}",
            "[1,]",
            "{,}",
            "//x",
            "/*x*/",
            "\"unterminated",
            "01",
            "+1",
            ".5",
            "1.",
            "\"\\x\"",
            "99999999999999999999999999999999999999",
            "0.1e-999999999",
            "\"INVOKE\"",
            "\"SHUTDOWN\"",
            "\"platform\"");

    private interface Mutation {
        void change(Draft draft, Random random);
    }

    private static final Map<String, Mutation> ALL = new LinkedHashMap<>();

    static {
        requestLine();
        headers();
        framing();
        bodies();
        bytes();
    }

    private Mutations() {}

    /** How many mutations there are; as many mutants in a row have each of them. */
    public static int kinds() {
        return ALL.size();
    }

    /**
     * Makes a connection out of a request.
     *
     * @param place what is attacked: elsewhere the same seed and index do something else
     */
    public static Mutant mutant(long seed, String place, int index, ValidRequest request) {
        Random random = new Random((seed * 31 + place.hashCode()) * 1_000_003 + index);
        Draft draft = new Draft(request);
        List<String> names = new ArrayList<>(ALL.keySet());
        List<String> chosen = new ArrayList<>();
        chosen.add(names.get(Math.floorMod(index, names.size())));
        while (random.nextInt(10) < 4) {
            chosen.add(names.get(random.nextInt(names.size())));
        }
        for (String name : chosen) {
            ALL.get(name).change(draft, random);
        }
        byte[] bytes = draft.render(random);
        for (Mutation late : draft.onBytes) {
            draft.bytes = bytes;
            late.change(draft, random);
            bytes = draft.bytes;
        }
        if (random.nextInt(8) == 0) {
            chosen.add("another request behind it");
            bytes = joined(bytes, new Draft(request).render(random));
        }
        Mutant.Ending ending = switch (random.nextInt(20)) {
            case 0 -> Mutant.Ending.CLOSE;
            case 1 -> Mutant.Ending.RESET;
            default -> Mutant.Ending.HALF_CLOSE;
        };
        if (random.nextInt(12) == 0) {
            chosen.add("cut");
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
        }
        return new Mutant(seed, place, index, String.join(", ", chosen), split(bytes, random), ending);
    }

    /** Mostly few segments, now and then each byte by itself. */
    private static List<byte[]> split(byte[] bytes, Random random) {
        int cuts = random.nextInt(3) == 0 ? 1 + random.nextInt(9) : 0;
        if (bytes.length < 200 && random.nextInt(20) == 0) {
            cuts = bytes.length;
        }
        int[] at = random.ints(cuts, 0, bytes.length + 1).sorted().toArray();
        List<byte[]> segments = new ArrayList<>();
        int from = 0;
        for (int cut : at) {
            if (cut > from) {
                segments.add(Arrays.copyOfRange(bytes, from, cut));
                from = cut;
            }
        }
        segments.add(Arrays.copyOfRange(bytes, from, bytes.length));
        return segments;
    }

    private static void requestLine() {
        ALL.put("method", (draft, random) -> draft.method = any(METHODS, random));
        ALL.put("version", (draft, random) -> draft.version = any(VERSIONS, random));
        ALL.put("something at the end of the target", (draft, random) -> draft.target += any(NASTY, random));
        ALL.put("something in the target", (draft, random) -> {
            int at = random.nextInt(draft.target.length() + 1);
            draft.target = draft.target.substring(0, at) + any(NASTY, random) + draft.target.substring(at);
        });
        ALL.put("another segment in the target", (draft, random) -> {
            String[] segments = draft.target.split("/", -1);
            segments[random.nextInt(segments.length)] = any(NASTY, random);
            draft.target = String.join("/", segments);
        });
        ALL.put("escapes in the target", (draft, random) -> {
            int at = random.nextInt(Math.max(1, draft.target.length()));
            if (at < draft.target.length()) {
                String escape =
                        String.format(random.nextBoolean() ? "%%%02x" : "%%%02X", (int) draft.target.charAt(at));
                draft.target = draft.target.substring(0, at) + escape + draft.target.substring(at + 1);
            }
        });
        ALL.put(
                "form of the target",
                (draft, random) -> draft.target = any(
                        List.of(
                                "http://lambda" + draft.target,
                                "http://other:1" + draft.target,
                                "https://a@b" + draft.target,
                                "//lambda" + draft.target,
                                "/" + draft.target,
                                draft.target + "/",
                                draft.target.substring(Math.min(1, draft.target.length())),
                                "*",
                                "lambda:80",
                                "",
                                draft.target + "#x",
                                draft.target + ";a=b",
                                draft.target + "?a=b&&=&a[]=%",
                                "/./" + draft.target + "/..",
                                draft.target.toUpperCase(Locale.ROOT),
                                draft.target + " ",
                                "http://",
                                "://"),
                        random));
        ALL.put("long target", (draft, random) -> draft.target += "?" + "q".repeat(large(random)));
        ALL.put(
                "separators of the request line",
                (draft, random) -> draft.separator = any(List.of("  ", "\t", "", "\u000b"), random));
        ALL.put(
                "lines before the request",
                (draft, random) -> draft.before = any(
                        List.of(
                                "\r\n",
                                "\n\n\n",
                                "\r",
                                " ",
                                "\u0016\u0003\u0001\u0002\u0000",
                                "\u0000",
                                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
                        random));
    }

    private static void headers() {
        ALL.put("a header less", (draft, random) -> {
            if (!draft.lines.isEmpty()) {
                draft.lines.remove(random.nextInt(draft.lines.size()));
            }
        });
        ALL.put(
                "a header twice",
                (draft, random) -> draft.lines.add(random.nextInt(draft.lines.size() + 1), line(draft, random)));
        ALL.put(
                "a header with two values",
                (draft, random) -> draft.lines.add(name(line(draft, random)) + ": " + any(NASTY, random)));
        ALL.put(
                "value of a header",
                (draft, random) -> replace(draft, random, line -> name(line) + ": " + any(NASTY, random)));
        ALL.put(
                "a character in a header",
                (draft, random) -> replace(draft, random, line -> {
                    int at = random.nextInt(line.length() + 1);
                    return line.substring(0, at)
                            + (char) random.nextInt(256)
                            + line.substring(Math.min(line.length(), at + random.nextInt(2)));
                }));
        ALL.put(
                "name of a header",
                (draft, random) -> replace(
                        draft,
                        random,
                        line -> any(
                                        List.of("", " ", "X\u0000Y", "X Y", "\u00e4", "X:", "(x)", "N".repeat(5_000)),
                                        random)
                                + line.substring(name(line).length())));
        ALL.put(
                "blank before the colon",
                (draft, random) -> replace(
                        draft,
                        random,
                        line -> name(line)
                                + any(List.of(" ", "\t", "\r"), random)
                                + line.substring(name(line).length())));
        ALL.put("no colon", (draft, random) -> replace(draft, random, Mutations::name));
        ALL.put(
                "folded header",
                (draft, random) -> replace(
                        draft, random, line -> line + any(List.of("\r\n folded", "\r\n\tfolded", "\n  "), random)));
        ALL.put(
                "line break in a header",
                (draft, random) -> replace(
                        draft,
                        random,
                        line -> line
                                + any(
                                        List.of(
                                                "\nX: y",
                                                "\rX: y",
                                                "\r\nX: y",
                                                "\r\r\n",
                                                "\n\n",
                                                "\r\n\r\nGET / HTTP/1.1\r\nHost: h"),
                                        random)));
        ALL.put(
                "names in capitals",
                (draft, random) -> draft.lines.replaceAll(line -> name(line).toUpperCase(Locale.ROOT)
                        + line.substring(name(line).length())));
        ALL.put(
                "another header",
                (draft, random) -> draft.lines.add(random.nextInt(draft.lines.size() + 1), any(HEADERS, random)));
        ALL.put("other headers", (draft, random) -> {
            for (int i = random.nextInt(8); i >= 0; i--) {
                draft.lines.add(any(HEADERS, random));
            }
        });
        ALL.put("huge header", (draft, random) -> draft.lines.add("X-Huge: " + "h".repeat(large(random))));
        ALL.put("huge value", (draft, random) -> replace(draft, random, line -> line + "v".repeat(large(random))));
        ALL.put("many headers", (draft, random) -> {
            for (int i = random.nextInt(600); i >= 0; i--) {
                draft.lines.add("X-" + i + ": " + i);
            }
        });
        ALL.put("no headers", (draft, random) -> draft.lines.clear());
    }

    private static void framing() {
        ALL.put(
                "less than declared",
                (draft, random) -> draft.length = "" + (draft.body.length + 1 + random.nextInt(100)));
        ALL.put("more than declared", (draft, random) -> draft.length = "" + random.nextInt(draft.body.length + 1));
        ALL.put("length", (draft, random) -> draft.length = any(LENGTHS, random));
        ALL.put(
                "two lengths",
                (draft, random) -> draft.lines.add(
                        "Content-Length: " + (random.nextBoolean() ? "" + draft.body.length : any(LENGTHS, random))));
        ALL.put("neither length nor chunks", (draft, random) -> draft.framing = Framing.NONE);
        ALL.put("chunks", (draft, random) -> draft.framing = Framing.CHUNKED);
        ALL.put("chunks and length", (draft, random) -> draft.framing = Framing.BOTH);
        ALL.put("encoding", (draft, random) -> {
            draft.framing = Framing.CHUNKED;
            draft.encoding = any(ENCODINGS, random);
        });
        ALL.put("size of a chunk", (draft, random) -> {
            draft.framing = Framing.CHUNKED;
            draft.chunkSize = any(
                    List.of(
                            "-1",
                            "",
                            " ",
                            "x",
                            "0x5",
                            "FFFFFFFFFFFFFFFF",
                            "7FFFFFFF",
                            "80000000",
                            "00000000000000000000005",
                            "5 5",
                            "5\u0000",
                            "\u00b2"),
                    random);
        });
        ALL.put("no last chunk", (draft, random) -> {
            draft.framing = Framing.CHUNKED;
            draft.chunkEnd = any(List.of("", "0", "0\r\n", "0\r\n\r", "1\r\n", "00", "\r\n\r\n"), random);
        });
        ALL.put("chunk extensions", (draft, random) -> {
            draft.framing = Framing.CHUNKED;
            draft.chunkExtension =
                    any(List.of(";a=b", ";a", ";", ";a=\"b\r\n\"", " ; x", ";" + "e".repeat(2_000), ";\u0000"), random);
        });
        ALL.put("trailers", (draft, random) -> {
            draft.framing = Framing.CHUNKED;
            draft.chunkEnd = "0\r\n"
                    + any(
                            List.of(
                                    "X: y",
                                    "Content-Length: 5",
                                    "Transfer-Encoding: chunked",
                                    "Lambda-Runtime-Function-Error-Type: x\r\nLambda-Runtime-Function-Error-Body: !!",
                                    ": x",
                                    "no colon",
                                    "X: " + "t".repeat(large(random)),
                                    "X: y\r\n folded"),
                            random)
                    + "\r\n\r\n";
        });
        ALL.put(
                "bare line feeds",
                (draft, random) -> draft.newLine = any(List.of("\n", "\r", "\r\r\n", "\n\r"), random));
    }

    private static void bodies() {
        ALL.put(
                "cut body",
                (draft, random) -> draft.body = Arrays.copyOf(draft.body, random.nextInt(draft.body.length + 1)));
        ALL.put("no body", (draft, random) -> draft.body = new byte[0]);
        ALL.put("flipped bits in the body", (draft, random) -> flip(draft.body, random));
        ALL.put("random body", (draft, random) -> {
            draft.body = new byte[random.nextInt(2_000)];
            random.nextBytes(draft.body);
        });
        ALL.put(
                "large body",
                (draft, random) ->
                        draft.body = ("\"" + "b".repeat(large(random)) + "\"").getBytes(StandardCharsets.UTF_8));
        ALL.put("body twice", (draft, random) -> draft.body = joined(draft.body, draft.body));
        ALL.put("deep JSON", (draft, random) -> {
            int depth = random.nextInt(6_000);
            String open = random.nextBoolean() ? "[" : "{\"a\":";
            String deep =
                    open.repeat(depth) + (random.nextBoolean() ? (open.equals("[") ? "]" : "1}").repeat(depth) : "");
            draft.body = deep.getBytes(StandardCharsets.UTF_8);
        });
        ALL.put("other JSON", (draft, random) -> draft.body = latin1(any(JSON, random)));
        ALL.put("a value of the JSON", (draft, random) -> token(draft, random, any(JSON, random)));
        ALL.put("a text of the JSON", (draft, random) -> token(draft, random, "\"" + any(NASTY, random) + "\""));
        ALL.put("a token of the JSON less", (draft, random) -> token(draft, random, ""));
        ALL.put("a member of the JSON more", (draft, random) -> {
            String body = new String(draft.body, StandardCharsets.ISO_8859_1);
            int open = body.indexOf('{');
            draft.body = latin1(body.substring(0, open + 1)
                    + "\""
                    + any(
                            List.of(
                                    "events",
                                    "EVENTS",
                                    "configurationKeys",
                                    "schemaVersion",
                                    "types",
                                    "buffering",
                                    "a",
                                    ""),
                            random)
                    + "\":" + any(JSON, random) + (body.startsWith("}", open + 1) ? "" : ",")
                    + body.substring(open + 1));
        });
    }

    private static void bytes() {
        ALL.put("flipped bits", (draft, random) -> draft.onBytes.add((d, r) -> flip(d.bytes, r)));
        ALL.put(
                "missing bytes",
                (draft, random) -> draft.onBytes.add((d, r) -> {
                    int from = r.nextInt(d.bytes.length + 1);
                    int to = Math.min(d.bytes.length, from + 1 + r.nextInt(20));
                    d.bytes = joined(
                            Arrays.copyOf(d.bytes, from),
                            Arrays.copyOfRange(d.bytes, Math.max(from, to), d.bytes.length));
                }));
        ALL.put(
                "inserted bytes",
                (draft, random) -> draft.onBytes.add((d, r) -> {
                    int at = r.nextInt(d.bytes.length + 1);
                    byte[] some = new byte[1 + r.nextInt(20)];
                    r.nextBytes(some);
                    d.bytes = joined(
                            joined(Arrays.copyOf(d.bytes, at), some), Arrays.copyOfRange(d.bytes, at, d.bytes.length));
                }));
        ALL.put(
                "doubled bytes",
                (draft, random) -> draft.onBytes.add((d, r) -> {
                    int from = r.nextInt(d.bytes.length + 1);
                    int to = from + r.nextInt(d.bytes.length - from + 1);
                    d.bytes = joined(Arrays.copyOf(d.bytes, to), Arrays.copyOfRange(d.bytes, from, d.bytes.length));
                }));
        ALL.put("two requests", (draft, random) -> draft.onBytes.add((d, r) -> d.bytes = joined(d.bytes, d.bytes)));
        ALL.put(
                "many requests",
                (draft, random) -> draft.onBytes.add((d, r) -> {
                    byte[] one = d.bytes;
                    for (int i = r.nextInt(5); i >= 0 && d.bytes.length < 5 * LARGE; i--) {
                        d.bytes = joined(d.bytes, one);
                    }
                }));
        ALL.put("nothing at all", (draft, random) -> draft.onBytes.add((d, r) -> d.bytes = new byte[0]));
    }

    private static String line(Draft draft, Random random) {
        return draft.lines.isEmpty() ? "X-Only: one" : any(draft.lines, random);
    }

    private interface Change {
        String of(String line);
    }

    private static void replace(Draft draft, Random random, Change change) {
        int at = random.nextInt(draft.lines.size() + 1);
        if (at == draft.lines.size()) {
            draft.lines.add("X-Added: value");
        }
        draft.lines.set(at, change.of(draft.lines.get(at)));
    }

    private static void token(Draft draft, Random random, String replacement) {
        String body = new String(draft.body, StandardCharsets.ISO_8859_1);
        Matcher tokens = JSON_TOKEN.matcher(body);
        List<int[]> found = new ArrayList<>();
        while (tokens.find() && found.size() < 1_000) {
            found.add(new int[] {tokens.start(), tokens.end()});
        }
        if (!found.isEmpty()) {
            int[] at = found.get(random.nextInt(found.size()));
            draft.body = latin1(body.substring(0, at[0]) + replacement + body.substring(at[1]));
        }
    }

    private static void flip(byte[] bytes, Random random) {
        for (int i = random.nextInt(4); i >= 0 && bytes.length > 0; i--) {
            bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
    }

    private static String name(String line) {
        int colon = line.indexOf(':');
        return colon < 0 ? line : line.substring(0, colon);
    }

    /** Rarely more than the server takes, which takes its time. */
    private static int large(Random random) {
        return random.nextInt(60) == 0 ? TOO_LARGE : random.nextInt(LARGE);
    }

    private static <T> T any(List<T> of, Random random) {
        return of.get(random.nextInt(of.size()));
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private enum Framing {
        NONE,
        LENGTH,
        CHUNKED,
        BOTH
    }

    /** A request in the making. */
    private static final class Draft {
        private final List<Mutation> onBytes = new ArrayList<>();
        private String before = "";
        private String method;
        private String target;
        private String version = "HTTP/1.1";
        private String separator = " ";
        private String newLine = "\r\n";
        private final List<String> lines;
        private byte[] body;
        private Framing framing;
        private String length = "";
        private String encoding = "chunked";
        private String chunkSize = "";
        private String chunkExtension = "";
        private String chunkEnd = "0\r\n\r\n";
        private byte[] bytes = {};

        Draft(ValidRequest request) {
            method = request.method();
            target = request.target();
            lines = new ArrayList<>(request.headerLines());
            lines.add(0, "Host: lambda");
            body = request.body().clone();
            framing = body.length > 0 || method.equals("POST") || method.equals("PUT") ? Framing.LENGTH : Framing.NONE;
        }

        byte[] render(Random random) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            StringBuilder head = new StringBuilder(before);
            head.append(method).append(separator).append(target);
            if (!version.isEmpty()) {
                head.append(separator).append(version);
            }
            head.append(newLine);
            if (framing == Framing.NONE && !length.isEmpty()) {
                framing = Framing.LENGTH;
            }
            if (framing == Framing.LENGTH || framing == Framing.BOTH) {
                lines.add("Content-Length: " + (length.isEmpty() ? body.length : length));
            }
            if (framing == Framing.CHUNKED || framing == Framing.BOTH) {
                lines.add("Transfer-Encoding: " + encoding);
            }
            lines.forEach(line -> head.append(line).append(newLine));
            head.append(newLine);
            out.writeBytes(latin1(head.toString()));
            if (framing == Framing.CHUNKED || framing == Framing.BOTH) {
                chunks(out, random);
            } else {
                out.writeBytes(body);
            }
            return out.toByteArray();
        }

        private void chunks(ByteArrayOutputStream out, Random random) {
            int from = 0;
            while (from < body.length) {
                int size = Math.min(body.length - from, 1 + random.nextInt(random.nextBoolean() ? 10 : body.length));
                // Very many small chunks would say the same once more.
                size = Math.max(size, Math.min(body.length - from, body.length / 200));
                String shown = chunkSize.isEmpty() || random.nextInt(3) > 0 ? Integer.toHexString(size) : chunkSize;
                out.writeBytes(latin1(shown + chunkExtension + newLine));
                out.write(body, from, size);
                out.writeBytes(latin1(newLine));
                from += size;
            }
            out.writeBytes(latin1(chunkEnd));
        }
    }
}
