// Counts and parts as every view writes them.
#pragma once

#include <QLocale>
#include <QString>
#include <cstdint>

namespace limoe::gui {

/// "12,345", grouped as the locale does.
inline QString countText(uint64_t count) {
  return QLocale().toString(static_cast<qulonglong>(count));
}

/// "45.3 %" with so many digits after the point.
inline QString percentText(double fraction, int digits) {
  return QStringLiteral("%1 %").arg(fraction * 100, 0, 'f', digits);
}

/// "45 %"; one digit after the point below 1 %.
inline QString percentText(double fraction) {
  return percentText(fraction, fraction > 0 && fraction < 0.0095 ? 1 : 0);
}

}  // namespace limoe::gui
