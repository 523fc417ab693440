#include "gui/view/decisions_stamp.h"

#include <algorithm>

namespace limoe::gui {
namespace {

QString sourceOf(const RunData& run) {
  return QString::fromStdString(run.origin.run_id) +
         QStringLiteral("/%1/%2").arg(run.origin.part).arg(run.what_if);
}

}  // namespace

DecisionsStamp::DecisionsStamp(const RunData& run)
    : source_(sourceOf(run)), steps_(run.snapshot_steps) {}

bool DecisionsStamp::holdsIn(const RunData& run) const {
  const auto& now = run.snapshot_steps;
  return source_.isNull() || (source_ == sourceOf(run) && now.size() >= steps_.size() &&
                              std::equal(steps_.begin(), steps_.end(), now.begin()));
}

}  // namespace limoe::gui
