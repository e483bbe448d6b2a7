package io.lambdasimulator.cli;

/**
 * Where to listen.
 *
 * @param host a host name or address, an IPv6 address without its brackets
 * @param port a port; 0 stands for any free one
 */
record HostAndPort(String host, int port) {

    private static final String ADVICE =
            "is no address to listen on: use HOST:PORT, such as 127.0.0.1:9001, [::1]:9001 or 0.0.0.0:9001";

    /** Reads {@code HOST:PORT}; as for AWS's emulator, {@code :PORT} stands for every address of this machine. */
    static HostAndPort of(Setting setting) {
        String text = setting.value();
        int colon = text.lastIndexOf(':');
        if (colon < 0) {
            throw setting.wrong(ADVICE);
        }
        String host = text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        int port = port(text.substring(colon + 1));
        if (port < 0 || host.contains(":") != bracketed || host.chars().anyMatch(c -> " /@[]".indexOf(c) >= 0)) {
            throw setting.wrong(ADVICE);
        }
        return new HostAndPort(host.isEmpty() ? "0.0.0.0" : host, port);
    }

    private static int port(String digits) {
        if (!digits.matches("[0-9]{1,5}")) {
            return -1;
        }
        int port = Integer.parseInt(digits);
        return port <= 65_535 ? port : -1;
    }
}
