// Words of a command line as a shell wants them.
#pragma once

#include <QString>
#include <QStringList>

namespace limoe::gui {

/// In single quotes where a POSIX shell would take the word for anything but itself.
QString shellQuoted(const QString& word);
QString shellCommand(const QStringList& words);

}  // namespace limoe::gui
