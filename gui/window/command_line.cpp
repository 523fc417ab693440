#include "gui/window/command_line.h"

#include <QCommandLineParser>
#include <QDir>
#include <QRegularExpression>
#include <algorithm>

#include "gui/runs/worker_process.h"

namespace limoe::gui {
namespace {

constexpr qsizetype kMostCompared = 6;
constexpr int kLargestSide = 16384;

constexpr const char* kDescription =
    "LIMoE Scope shows what the experts of a LIMoE model have specialised in.\n\n"
    "Examples:\n"
    "  limoe-scope --demo                         train a small model and watch it\n"
    "  limoe-scope runs/demo                      open a run, live or not\n"
    "  limoe-scope runs/a/recording.h5 runs/b     open two runs\n"
    "  limoe-scope --compare runs/a runs/b        compare them side by side\n"
    "  limoe-scope --screenshot wall.png --size 1600x1000 --step 500 --layer 2 runs/demo\n\n"
    "Without a display --demo trains in the terminal and writes its pictures beside the "
    "recording.\n"
    "Exit status: 0 all went well, 1 something failed, 2 wrong arguments.";

QSize parseSize(const QString& text, QString& fault) {
  static const QRegularExpression form("^(\\d{2,5})x(\\d{2,5})$");
  const auto match = form.match(text);
  const QSize size(match.captured(1).toInt(), match.captured(2).toInt());
  if (!match.hasMatch() || size.width() < 320 || size.height() < 240 ||
      size.width() > kLargestSide || size.height() > kLargestSide) {
    fault = QString(
                "--size %1: give width and height in pixels, from 320x240 to %2x%2, such as "
                "1600x1000")
                .arg(text)
                .arg(kLargestSide);
  }
  return size;
}

int64_t parseNumber(const QString& option, const QString& text, int64_t smallest, QString& fault) {
  bool is_number = false;
  const int64_t number = text.toLongLong(&is_number);
  if (!is_number || number < smallest) {
    fault = QString("--%1 %2: give a whole number from %3").arg(option, text).arg(smallest);
  }
  return number;
}

Appearance parseAppearance(const QString& colors, const QString& scale, QString& fault) {
  Appearance appearance;
  appearance.scheme = schemeNamed(colors);
  if (!colors.isEmpty() && nameOf(appearance.scheme) != colors) {
    fault = QString("--appearance %1: system, light or dark").arg(colors);
  }
  const auto& scales = Appearance::kScales;
  const auto known = std::find(scales.begin(), scales.end(), scale.toInt());
  if (known == scales.end()) {
    QStringList offered;
    for (const int percent : scales) {
      offered << QString::number(percent);
    }
    fault = QString("--scale %1: one of %2").arg(scale, offered.join(", "));
  } else {
    appearance.percent = *known;
  }
  return appearance;
}

}  // namespace

CommandLine parseCommandLine(const QStringList& arguments) {
  QCommandLineParser parser;
  parser.setApplicationDescription(kDescription);
  parser.addPositionalArgument("run", "Recordings (recording.h5) or folders of runs.", "[run …]");
  const QCommandLineOption help = parser.addHelpOption();
  const QCommandLineOption version = parser.addVersionOption();
  const QCommandLineOption demo("demo", "Start the demo run, or follow it if it is training.");
  const QCommandLineOption compare(
      "compare", "Show the runs (two to six) side by side; the first is the reference.");
  const QCommandLineOption runs("runs", "Folder of the runs (default: runs).", "folder", "runs");
  const QCommandLineOption worker(
      "worker", "Worker program (default: limoe beside this program, else on the PATH).",
      "program");
  const QCommandLineOption screenshot("screenshot", "Save what the window shows as PNG and exit.",
                                      "file");
  const QCommandLineOption size("size", "Size of the screenshot (default: 1280x800).", "WxH");
  const QCommandLineOption step("step", "Show the recorded step nearest to this one.", "step");
  const QCommandLineOption layer("layer", "Show this MoE layer, counted from 1.", "layer");
  const QCommandLineOption looks("appearance", "Colours: system, light or dark.", "colours");
  const QCommandLineOption scale("scale", "Size of text and controls in percent, 75 to 200.",
                                 "percent");
  parser.addOptions({compare, demo, runs, worker, screenshot, size, step, layer, looks, scale});

  CommandLine line;
  if (!parser.parse(arguments)) {
    line.fault = parser.errorText();
    return line;
  }
  if (parser.isSet(help)) {
    line.to_print = parser.helpText();
    return line;
  }
  if (parser.isSet(version)) {
    line.to_print = QString("limoe-scope %1\n").arg(LIMOE_SCOPE_VERSION);
    return line;
  }
  line.paths = parser.positionalArguments();
  line.compare = parser.isSet(compare);
  if (line.compare && (line.paths.size() < 2 || line.paths.size() > kMostCompared)) {
    line.fault = QString("--compare needs two to %1 runs; these are %2")
                     .arg(kMostCompared)
                     .arg(line.paths.size());
  }
  line.demo = parser.isSet(demo) && line.paths.isEmpty();
  line.runs_folder = QDir::cleanPath(QDir().absoluteFilePath(parser.value(runs)));
  line.worker_program = parser.isSet(worker) ? parser.value(worker) : findWorkerProgram();
  line.screenshot = parser.value(screenshot);
  if (parser.isSet(size)) {
    line.size = parseSize(parser.value(size), line.fault);
  }
  if (parser.isSet(step)) {
    line.step = parseNumber("step", parser.value(step), 0, line.fault);
  }
  if (parser.isSet(layer)) {
    line.layer = parseNumber("layer", parser.value(layer), 1, line.fault);
  }
  if (parser.isSet(looks) || parser.isSet(scale)) {
    line.appearance = parseAppearance(
        parser.value(looks), parser.isSet(scale) ? parser.value(scale) : "100", line.fault);
  }
  if (parser.isSet(screenshot) && line.paths.isEmpty()) {
    line.fault = "--screenshot needs a recording or a run's folder to show";
  }
  return line;
}

}  // namespace limoe::gui
