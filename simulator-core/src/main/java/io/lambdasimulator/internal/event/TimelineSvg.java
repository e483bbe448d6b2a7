package io.lambdasimulator.internal.event;

import io.lambdasimulator.event.EventLog;
import io.lambdasimulator.internal.event.TimelineLanes.Bar;
import io.lambdasimulator.internal.event.TimelineLanes.Kind;
import io.lambdasimulator.internal.event.TimelineLanes.Lane;
import io.lambdasimulator.internal.event.TimelineLanes.Mark;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/** Draws the event log as one SVG file: a lane for the environment, its invocations and each participant. */
public final class TimelineSvg {

    /** So many of the newest events are shown; a picture of all of a long log would show none of them. */
    private static final int MOST_EVENTS = 600;

    private static final double LEFT = 176;
    private static final double WIDTH = 1010;
    private static final double RIGHT_MARGIN = 44;
    private static final double BAR = 20;
    private static final double LABEL_ROW = 14;
    private static final int LABEL_ROWS = 4;
    private static final int LONGEST_LABEL = 44;

    private final Secrets secrets;
    private final StringBuilder shapes = new StringBuilder();
    /** Drawn last, so that nothing crosses them out. */
    private final StringBuilder words = new StringBuilder();

    private final List<Lane> lanes;
    private final Instant start;
    private final Instant end;
    private final Instant from;
    private final TimeScale scale;

    private TimelineSvg(List<EventLog.Entry> entries, Instant from, Instant end, Secrets secrets) {
        this.secrets = secrets;
        TimelineLanes read = new TimelineLanes(entries);
        this.lanes = read.lanes();
        this.start = entries.get(0).time();
        this.end = end;
        this.from = from;
        TreeSet<Instant> instants = new TreeSet<>(TimelineLanes.instants(lanes, from));
        instants.add(from);
        instants.add(end);
        this.scale = new TimeScale(instants, read::isIdle, LEFT, WIDTH);
    }

    /** The newest of the log, with a word on what was before. */
    public static String of(RecordingEventLog log) {
        long dropped = log.dropped();
        List<EventLog.Entry> entries = log.entries();
        if (entries.isEmpty()) {
            return open(LEFT + WIDTH, 60) + text(20, 34, "", "nothing has happened yet") + "</svg>\n";
        }
        List<EventLog.Entry> shown = entries.stream()
                .filter(entry -> TimelineLanes.isShown(entry.event()))
                .toList();
        int before = Math.max(0, shown.size() - MOST_EVENTS);
        Instant from = before == 0 ? entries.get(0).time() : shown.get(before).time();
        return new TimelineSvg(entries, from, log.end(), log.secrets()).draw(before, dropped);
    }

    private String draw(int before, long dropped) {
        double axis = 80;
        double y = axis + 18;
        for (Lane lane : lanes) {
            y = lane(lane, y) + 14;
        }
        double bottom = y - 8;
        header(before, dropped);
        legend(bottom + 24);
        StringBuilder svg = new StringBuilder(open(Math.max(scale.end(), LEFT + WIDTH) + RIGHT_MARGIN, bottom + 40));
        axis(axis, bottom, svg);
        svg.append(shapes);
        cuts(axis, bottom, svg);
        return svg.append(words).append("</svg>\n").toString();
    }

    private static String open(double width, double height) {
        return String.format(Locale.ROOT, """
                <svg xmlns="http://www.w3.org/2000/svg" width="%1$.0f" height="%2$.0f" viewBox="0 0 %1$.0f %2$.0f">
                <style>
                text { font: 11px "DejaVu Sans", Verdana, sans-serif; fill: #24303c }
                .title { font-size: 15px; font-weight: bold }
                .name { font-size: 12px; font-weight: bold }
                .quiet { fill: #66727e }
                .halo { stroke: #ffffff; stroke-width: 3px; stroke-opacity: 0.75; paint-order: stroke }
                .bad { fill: #b3261e }
                .end { text-anchor: end }
                .mid { text-anchor: middle }
                </style>
                <defs><pattern id="frozen" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="2" height="8" fill="#7f92a6" fill-opacity="0.5"/></pattern></defs>
                <rect width="100%%" height="100%%" fill="#ffffff"/>
                """, width, height);
    }

    private void header(int before, long dropped) {
        words.append(text(20, 28, "title", "Execution environment"));
        long invocations = lanes.get(1).bars().stream()
                .filter(bar -> bar.kind() != Kind.QUEUED)
                .count();
        int freezes = lanes.get(0).frozen().size();
        String facts = "from " + start.truncatedTo(ChronoUnit.MILLIS) + ", " + time(Duration.between(start, end)) + "; "
                + plural(invocations, "invocation") + ", frozen " + plural(freezes, "time")
                + (before > 0
                        ? "; the newest " + MOST_EVENTS + " events are shown, " + plural(before, "earlier one")
                                + " left out (all before " + time(Duration.between(start, from)) + ")"
                        : "")
                + (dropped > 0 ? "; " + plural(dropped, "older event") + " dropped from the log" : "");
        words.append(text(20, 46, "quiet", facts));
    }

    private static String plural(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    /** Ticks where phases change, then where there is room. */
    private void axis(double y, double bottom, StringBuilder svg) {
        svg.append(line(LEFT, y, scale.end(), y, "#9aa7b4"));
        words.append(text(20, y + 4, "quiet", "time since the start"));
        TreeMap<Double, Double> taken = new TreeMap<>();
        List<Instant> wanted = new ArrayList<>(List.of(from));
        lanes.get(0).bars().forEach(bar -> wanted.add(bar.from()));
        wanted.addAll(TimelineLanes.instants(lanes, from));
        for (Instant instant : wanted) {
            double x = scale.at(instant);
            String label = time(Duration.between(start, instant));
            double half = width(label) / 2 + 4;
            Map.Entry<Double, Double> left = taken.floorEntry(x + half);
            if (!instant.isBefore(from) && (left == null || left.getValue() <= x - half)) {
                taken.put(x - half, x + half);
                svg.append(line(x, y - 4, x, bottom, "#dfe5ea"));
                words.append(text(x, y - 10, "mid", label));
            }
        }
    }

    private void cuts(double axis, double bottom, StringBuilder svg) {
        double taken = 0;
        for (TimeScale.Cut cut : scale.cuts()) {
            double x = cut.at();
            svg.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%1$.1f %3$.1fL%2$.1f %4$.1f\" stroke=\"#ffffff\" stroke-width=\"5\"/>"
                            + "<path d=\"M%5$.1f %4$.1fL%1$.1f %3$.1fm5 0L%2$.1f %4$.1f\" stroke=\"#9aa7b4\""
                            + " stroke-dasharray=\"3 3\" fill=\"none\"/>%n",
                    x + 1,
                    x - 1,
                    axis - 4,
                    bottom,
                    x - 6));
            String label = time(cut.duration()) + " cut";
            if (x >= taken) {
                words.append(text(x + 8, axis + 12, "quiet halo", label));
                taken = x + width(label) + 12;
            }
        }
    }

    /** Returns where it ends. */
    private double lane(Lane lane, double y) {
        words.append(text(20, y + 14, "name", shortened(secrets.hide(lane.title()), 20)));
        if (!lane.kind().isEmpty()) {
            words.append(text(20, y + 27, "quiet", lane.kind()));
        }
        double labels = y + BAR + 12;
        Instant queued = from;
        for (Bar bar : lane.bars()) {
            if (bar.kind() != Kind.QUEUED) {
                bar(bar, y);
            } else if (bar.to().isAfter(queued)) {
                // The queue is one line, however many wait in it.
                Instant begin = bar.from().isBefore(queued) ? queued : bar.from();
                shapes.append(rect(
                        new Bar(begin, bar.to(), bar.kind(), "", bar.details()),
                        y + BAR - 4,
                        4,
                        bar.kind().colour()));
                queued = bar.to();
            }
        }
        for (Bar bar : lane.frozen()) {
            if (!bar.to().isBefore(from)) {
                shapes.append(rect(bar, y, BAR, "url(#frozen)"));
            }
        }
        long last = -1;
        for (Instant printed : lane.output()) {
            double x = scale.at(printed);
            if (!printed.isBefore(from) && Math.round(x) != last) {
                last = Math.round(x);
                shapes.append(line(x, y + BAR - 5, x, y + BAR + 2, "#24303c"));
            }
        }
        int rows = marks(lane.marks(), y, labels);
        return y + BAR + rows * LABEL_ROW;
    }

    private void bar(Bar bar, double y) {
        if (bar.to().isBefore(from)) {
            return;
        }
        shapes.append(rect(bar, y, BAR, bar.kind().colour()));
        double x = scale.at(max(bar.from()));
        double room = scale.at(bar.to()) - x;
        String state = secrets.hide(bar.text());
        if (!state.isEmpty() && room > width(state) + 6) {
            words.append(text(x + 4, y + 14, "halo", state));
        }
    }

    /** Words below a lane, each in the first row with room; returns how many rows that took. */
    private int marks(List<Mark> marks, double y, double labels) {
        double[] taken = new double[LABEL_ROWS];
        int rows = 0;
        int left = 0;
        for (Mark mark : marks) {
            if (mark.at().isBefore(from)) {
                continue;
            }
            double x = scale.at(mark.at());
            String label = shortened(secrets.hide(mark.text()), LONGEST_LABEL);
            double width = width(label) + 10;
            double begin = Math.max(LEFT, Math.min(x, scale.end() + RIGHT_MARGIN - width));
            int row = 0;
            while (row < LABEL_ROWS && taken[row] > begin) {
                row++;
            }
            String colour = mark.isBad() ? "#b3261e" : "#44515e";
            shapes.append(String.format(
                    Locale.ROOT,
                    "<path d=\"M%.1f %.1fv%.1f\" stroke=\"%s\" stroke-width=\"1.5\"><title>%s</title></path>%n",
                    x,
                    y - 2,
                    row < LABEL_ROWS ? labels - y + row * LABEL_ROW - 1 : BAR + 4,
                    colour,
                    escaped(mark.event().describe())));
            if (row == LABEL_ROWS) {
                left++;
                continue;
            }
            taken[row] = begin + width;
            rows = Math.max(rows, row + 1);
            words.append(text(begin + 3, labels + row * LABEL_ROW, mark.isBad() ? "bad halo" : "halo", label));
        }
        if (left > 0) {
            words.append(text(20, y + 41, "quiet", plural(left, "label") + " left out"));
        }
        return rows;
    }

    private void legend(double y) {
        double x = swatch(20, y, Kind.STARTING.colour(), "starts");
        x = swatch(x, y, Kind.WAITING.colour(), "waits for an event");
        x = swatch(x, y, Kind.WORKING.colour(), "at work");
        x = swatch(x, y, Kind.ENDING.colour(), "is being ended");
        x = swatch(x, y, Kind.FAILED.colour(), "failed");
        x = swatch(x, y, "url(#frozen)", "frozen");
        shapes.append(line(x, y - 8, x, y, "#24303c"));
        String tick = "the caller is answered, a line of output";
        words.append(text(x + 8, y, "", tick));
        x += width(tick) + 30;
        shapes.append(line(x + 4, y - 10, x - 2, y + 2, "#9aa7b4"))
                .append(line(x + 8, y - 10, x + 2, y + 2, "#9aa7b4"));
        words.append(text(x + 16, y, "", "a long stretch without events, cut short"));
    }

    /** Returns where the next one begins. */
    private double swatch(double x, double y, String colour, String meaning) {
        shapes.append(String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"12\" fill=\"%s\"/>%n",
                x,
                y - 10,
                colour));
        words.append(text(x + 19, y, "", meaning));
        return x + 19 + width(meaning) + 14;
    }

    /** About as wide as these words are. */
    private static double width(String words) {
        return words.chars()
                .mapToDouble(letter -> letter >= 'A' && letter <= 'Z' ? 7.7 : 6.4)
                .sum();
    }

    private Instant max(Instant time) {
        return time.isBefore(from) ? from : time;
    }

    private String rect(Bar bar, double y, double height, String fill) {
        double x = scale.at(max(bar.from()));
        return String.format(
                Locale.ROOT,
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\" stroke=\"#ffffff\""
                        + " stroke-width=\"0.6\"><title>%s</title></rect>%n",
                x,
                y,
                Math.max(1, scale.at(bar.to()) - x),
                height,
                fill,
                escaped(bar.details().get() + "\n" + time(Duration.between(start, bar.from())) + " to "
                        + time(Duration.between(start, bar.to())) + " (" + time(Duration.between(bar.from(), bar.to()))
                        + ")"));
    }

    private static String line(double x1, double y1, double x2, double y2, String colour) {
        return String.format(Locale.ROOT, "<path d=\"M%.1f %.1fL%.1f %.1f\" stroke=\"%s\"/>%n", x1, y1, x2, y2, colour);
    }

    private static String text(double x, double y, String style, String words) {
        return String.format(
                Locale.ROOT, "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">%s</text>%n", x, y, style, xml(words));
    }

    private String escaped(String words) {
        return xml(secrets.hide(words));
    }

    /** As XML, which has no place for control characters and halves of surrogate pairs. */
    private static String xml(String words) {
        StringBuilder escaped = new StringBuilder();
        words.codePoints().forEach(letter -> {
            switch (letter) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                default -> {
                    boolean isAllowed = letter == '\n'
                            || (letter >= 0x20 && letter < 0xD800)
                            || (letter > 0xDFFF && letter < 0xFFFE)
                            || letter > 0xFFFF;
                    escaped.appendCodePoint(isAllowed ? letter : 0xFFFD);
                }
            }
        });
        return escaped.toString();
    }

    private static String shortened(String words, int most) {
        return words.length() <= most ? words : words.substring(0, most - 1) + "…";
    }

    /** A duration in the units that suit it. */
    static String time(Duration duration) {
        double millis = duration.toNanos() / 1e6;
        if (millis < 1000) {
            return millis == 0 ? "0 s" : String.format(Locale.ROOT, millis < 10 ? "%.2f ms" : "%.0f ms", millis);
        }
        long rest = duration.toMillis() % 60_000;
        String seconds =
                rest == 0 ? "" : String.format(Locale.ROOT, rest % 1000 == 0 ? " %.0f s" : " %.3f s", rest / 1e3);
        String minutes = duration.toMinutesPart() == 0 ? "" : " " + duration.toMinutesPart() + " min";
        return ((duration.toHours() == 0 ? "" : duration.toHours() + " h") + minutes + seconds).strip();
    }
}
