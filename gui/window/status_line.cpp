#include "gui/window/status_line.h"

#include <QStringList>
#include <algorithm>
#include <cmath>

#include "gui/runs/own_recording.h"
#include "gui/window/runs_panel.h"

namespace limoe::gui {
namespace {

/// Newest recorded value of a scalar; NaN where it is not recorded.
double newestScalar(const RunData& data, const std::string& name) {
  const auto& names = data.layout.scalar_names;
  const auto column =
      static_cast<std::size_t>(std::find(names.begin(), names.end(), name) - names.begin());
  if (!data.curves || column >= names.size() || data.curves->steps.empty()) {
    return std::nan("");
  }
  return data.curves->scalars[column].back();
}

}  // namespace

QString durationWords(double seconds) {
  const auto whole = static_cast<int64_t>(std::lround(std::max(seconds, 0.0)));
  if (whole < 60) {
    return QString("%1 s").arg(whole);
  }
  if (whole < 3600) {
    return QString("%1 min %2 s").arg(whole / 60).arg(whole % 60);
  }
  return QString("%1 h %2 min").arg(whole / 3600).arg(whole % 3600 / 60);
}

QString statusLine(const OpenRun* run, const std::optional<WorkerStatus>& status) {
  if (!run) {
    return "No run open";
  }
  const auto data = run->source->data();
  if (ownRecording(run->path)) {
    return run->title();  // it was never trained
  }
  if (!data) {
    return QString("%1 · starting").arg(run->name);
  }
  const bool recorded = data->curves && !data->curves->steps.empty();
  const int64_t recorded_step = recorded ? static_cast<int64_t>(data->curves->steps.back())
                                : data->snapshot_steps.empty() ? 0
                                                               : data->snapshot_steps.back();
  const int64_t step = status ? std::max(status->step, recorded_step) : recorded_step;
  const int64_t steps = status && status->steps > 0 ? status->steps : data->config.train.steps;
  QStringList parts{run->name, status ? status->state : stateWord(data->state),
                    QString("step %1 of %2").arg(step).arg(steps)};
  if (step == 0) {
    return parts.join(" · ");  // nothing has been measured yet
  }
  const double loss = status ? status->loss : newestScalar(*data, "loss");
  if (std::isfinite(loss)) {
    parts << QString("loss %1").arg(loss, 0, 'f', 3);
  }
  if (status && std::isfinite(status->pairs_per_second)) {
    parts << QString("%1 pairs/s").arg(status->pairs_per_second, 0, 'f', 0);
  }
  if (status && std::isfinite(status->seconds_left) && status->state == "training") {
    parts << QString("%1 left").arg(durationWords(status->seconds_left));
  }
  return parts.join(" · ");
}

}  // namespace limoe::gui
