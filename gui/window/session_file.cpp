#include "gui/window/session_file.h"

#include <QCryptographicHash>
#include <QFile>
#include <QFileInfo>
#include <QSaveFile>
#include <QSettings>
#include <utility>

namespace limoe::gui {
namespace {

constexpr qint64 kLargestFile = 16 << 20;
/// Sessions that the settings file keeps at most; the oldest go.
constexpr int kMostInSettings = 50;
constexpr const char* kOrderKey = "sessions/order";

QString fileOf(const QString& run_path) {
  return QFileInfo(run_path).isFile() ? run_path + ".session.json" : run_path + "/session.json";
}

QString hashOf(const QString& run_path) {
  return QString::fromLatin1(
      QCryptographicHash::hash(run_path.toUtf8(), QCryptographicHash::Sha1).toHex());
}

QString keyOf(const QString& hash) {
  return "sessions/" + hash;
}

struct FileContent {
  QByteArray bytes;
  bool exists = false;
  QString fault;
};

FileContent contentOf(const QString& path) {
  QFile file(path);
  FileContent content;
  content.exists = file.exists();
  if (!content.exists) {
    return content;
  }
  if (!QFileInfo(path).isFile() || file.size() > kLargestFile) {
    content.fault = "it is not a session of limoe-scope";
  } else if (!file.open(QIODevice::ReadOnly)) {
    content.fault = QString("it cannot be read: %1").arg(file.errorString());
  } else {
    content.bytes = file.readAll();
  }
  return content;
}

void keepInSettings(const SessionPlace& place, const QByteArray& json) {
  QSettings settings(place.settings_file, QSettings::IniFormat);
  const QString hash = hashOf(place.run_path);
  QStringList order = settings.value(kOrderKey).toStringList();
  order.removeAll(hash);
  order.prepend(hash);
  while (order.size() > kMostInSettings) {
    settings.remove(keyOf(order.takeLast()));
  }
  settings.setValue(kOrderKey, order);
  settings.setValue(keyOf(hash), json);
}

void removeFromSettings(const SessionPlace& place) {
  QSettings settings(place.settings_file, QSettings::IniFormat);
  const QString hash = hashOf(place.run_path);
  if (settings.contains(keyOf(hash))) {
    QStringList order = settings.value(kOrderKey).toStringList();
    order.removeAll(hash);
    settings.setValue(kOrderKey, order);
    settings.remove(keyOf(hash));
  }
}

QByteArray inSettings(const SessionPlace& place) {
  return place.settings_file.isEmpty() ? QByteArray()
                                       : QSettings(place.settings_file, QSettings::IniFormat)
                                             .value(keyOf(hashOf(place.run_path)))
                                             .toByteArray();
}

/// Why not; empty: done.
QString writeWhole(const QString& path, const QByteArray& json) {
  QSaveFile file(path);
  if (file.open(QIODevice::WriteOnly) && file.write(json) == json.size() && file.commit()) {
    return {};
  }
  return file.errorString();
}

FoundSession findOne(const SessionPlace& place) {
  // What the settings hold is newer: it goes as soon as the folder can be written.
  const QByteArray kept = inSettings(place);
  if (!kept.isEmpty()) {
    return {sessionFromJson(kept).session, {}, true};
  }
  const QString path = fileOf(place.run_path);
  const FileContent content = contentOf(path);
  if (!content.exists) {
    return {};
  }
  ReadSession read =
      content.fault.isEmpty() ? sessionFromJson(content.bytes) : ReadSession{{}, content.fault};
  FoundSession found{std::move(read.session), {}, false};
  if (!read.fault.isEmpty()) {
    found.fault = QString("%1: %2.").arg(path, read.fault);
  }
  return found;
}

StoredSession storeOne(const SessionPlace& place, Session session, const ExpertNames& base) {
  const QString path = fileOf(place.run_path);
  const FileContent content = contentOf(path);
  bool sound = !content.exists;
  if (content.exists && content.fault.isEmpty()) {
    const ReadSession theirs = sessionFromJson(content.bytes);
    sound = theirs.fault.isEmpty();
    if (theirs.session) {
      session.expert_names = mergedNames(base, session.expert_names, theirs.session->expert_names);
    }
  }
  const QByteArray json = toJson(session);
  StoredSession stored{session.expert_names, false, {}};
  if (!sound) {
    QFile::remove(path + ".bak");
    QFile::rename(path, path + ".bak");
  }
  if (content.exists && sound && content.bytes == json) {
    return stored;
  }
  stored.failure = writeWhole(path, json);
  if (place.settings_file.isEmpty()) {
    return stored;
  }
  stored.in_settings = !stored.failure.isEmpty();
  if (stored.in_settings) {
    keepInSettings(place, json);
  } else {
    removeFromSettings(place);
  }
  return stored;
}

/// Puts names into the session of another run, and returns those that are there then.
ExpertNames storeNames(const SessionPlace& place, const ExpertNames& ours,
                       const ExpertNames& base) {
  const FoundSession found = findOne(place);
  Session session = found.session.value_or(Session());
  const ExpertNames merged = mergedNames(base, ours, session.expert_names);
  // What cannot be understood is left alone.
  if (found.fault.isEmpty() && merged != session.expert_names) {
    session.expert_names = merged;
    storeOne(place, session, base);
  }
  return merged;
}

}  // namespace

FoundSession findSession(const SessionPlace& place) {
  FoundSession found = findOne(place);
  if (!place.names_path.isEmpty()) {
    const FoundSession named = findOne({place.names_path, place.settings_file, {}});
    if (named.session) {
      Session session = found.session.value_or(Session());
      session.expert_names = named.session->expert_names;
      found.session = session;
    }
  }
  return found;
}

StoredSession storeSession(const SessionPlace& place, Session session, const ExpertNames& base) {
  if (place.names_path.isEmpty()) {
    return storeOne(place, std::move(session), base);
  }
  const ExpertNames names = std::exchange(session.expert_names, {});
  StoredSession stored = storeOne(place, std::move(session), {});
  stored.names = storeNames({place.names_path, place.settings_file, {}}, names, base);
  return stored;
}

}  // namespace limoe::gui
