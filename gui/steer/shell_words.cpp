#include "gui/steer/shell_words.h"

#include <QRegularExpression>

namespace limoe::gui {

QString shellQuoted(const QString& word) {
  // A tilde or an equals sign in front means something to some shells; inside they do not.
  static const QRegularExpression plain("^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$");
  if (plain.match(word).hasMatch()) {
    return word;
  }
  return "'" + QString(word).replace("'", "'\\''") + "'";
}

QString shellCommand(const QStringList& words) {
  QStringList quoted;
  for (const QString& word : words) {
    quoted << shellQuoted(word);
  }
  return quoted.join(' ');
}

}  // namespace limoe::gui
