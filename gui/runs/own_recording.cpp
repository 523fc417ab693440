#include "gui/runs/own_recording.h"

#include <QFileInfo>
#include <QRegularExpression>
#include <utility>

namespace limoe::gui {

QString OwnRecording::runName() const {
  return QFileInfo(run).fileName();
}

QString OwnRecording::shortTitle() const {
  return QString("yours, step %1%2").arg(step).arg(numberText());
}

QString OwnRecording::title() const {
  return runName() + QString::fromUtf8(" · yours") + numberText();
}

QString OwnRecording::numberText() const {
  return number > 1 ? QString(" (%1)").arg(number) : QString();
}

bool OwnRecording::isOlderThan(const OwnRecording& other) const {
  return std::pair(step, number) < std::pair(other.step, other.number);
}

std::optional<OwnRecording> ownRecording(const QString& path) {
  static const QRegularExpression form("^(.+)/probes/own-(\\d{1,15})(?:-(\\d{1,9}))?\\.h5$");
  const auto match = form.match(path);
  if (!match.hasMatch()) {
    return std::nullopt;
  }
  OwnRecording own;
  own.run = match.captured(1);
  own.step = match.captured(2).toLongLong();
  own.number = match.captured(3).isEmpty() ? 1 : match.captured(3).toLongLong();
  return own;
}

}  // namespace limoe::gui
