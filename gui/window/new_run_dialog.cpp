#include "gui/window/new_run_dialog.h"

#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDir>
#include <QEvent>
#include <QFileInfo>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QScreen>
#include <QSignalBlocker>
#include <QVBoxLayout>
#include <algorithm>

#include "gui/steer/config_form.h"
#include "gui/steer/config_keys.h"
#include "gui/steer/config_row.h"
#include "gui/steer/run_sizes.h"
#include "gui/steer/setting_words.h"
#include "gui/steer/shell_words.h"
#include "gui/window/flow_layout.h"

namespace limoe::gui {
namespace {

/// In letters and lines of text.
constexpr int kWidth = 145;
constexpr int kHeight = 52;
constexpr int kNameWidth = 22;
constexpr int kCommandLines = 2;
constexpr int kMostFaultsTold = 3;
constexpr const char* kDataKey = "data.source";

QComboBox* makeChoice(const char* name, std::span<const std::string_view> names,
                      const std::string& chosen, const QString& tip, QWidget* parent) {
  auto* box = new QComboBox(parent);
  box->setObjectName(name);
  for (const std::string_view each : names) {
    box->addItem(QString::fromUtf8(each.data(), static_cast<qsizetype>(each.size())));
  }
  box->setCurrentText(QString::fromStdString(chosen));
  box->setToolTip(tip);
  return box;
}

/// A name and its control, for a layout that breaks between such pairs.
QWidget* makePair(const QString& name, QWidget* control) {
  auto* pair = new QWidget(control->parentWidget());
  auto* layout = new QHBoxLayout(pair);
  layout->setContentsMargins(0, 0, 10, 0);
  auto* label = new QLabel(name, pair);
  label->setBuddy(control);
  control->setAccessibleName(name);
  layout->addWidget(label);
  layout->addWidget(control);
  return pair;
}

QPushButton* makeButton(const char* name, const QString& text, const QString& tip,
                        QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setObjectName(name);
  button->setToolTip(tip);
  button->setAutoDefault(false);
  return button;
}

}  // namespace

NewRunDialog::NewRunDialog(const NewRunPlace& place, QWidget* parent)
    : NewRunDialog(place, std::nullopt, parent) {}

NewRunDialog::NewRunDialog(const NewRunPlace& place, const ForkChoice& choice, QWidget* parent)
    : NewRunDialog(place, std::optional(choice), parent) {}

NewRunDialog::NewRunDialog(const NewRunPlace& place, std::optional<ForkChoice> choice,
                           QWidget* parent)
    : QDialog(parent),
      place_(place),
      choice_(std::move(choice)),
      draft_(!choice_ ? RunDraft()
                      : RunDraft(choice_->now ? *choice_->now : choice_->points.front())),
      form_(new ConfigForm(draft_, this)),
      faults_(new QLabel(this)),
      sizes_(new QLabel(this)) {
  setObjectName("newRunDialog");
  setWindowTitle(choice_ ? QString("Fork %1").arg(QFileInfo(choice_->folder).fileName())
                         : QString("New run"));
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(6);
  layout->addLayout(makeHeader());
  meaning_ = new QLabel(this);
  meaning_->setObjectName("settingMeaning");
  meaning_->setWordWrap(true);
  layout->addWidget(meaning_);
  layout->addLayout(makeSearch());
  layout->addWidget(form_, 1);
  faults_->setObjectName("newRunFaults");
  faults_->setWordWrap(true);
  faults_->setAutoFillBackground(true);
  faults_->setContentsMargins(8, 3, 8, 3);
  faults_->setTextInteractionFlags(Qt::TextBrowserInteraction);
  connect(faults_, &QLabel::linkActivated, this, [this](const QString& key) {
    search_->clear();
    key == "name" ? name_->setFocus() : form_->goTo(key.toStdString());
  });
  layout->addWidget(faults_);
  sizes_->setObjectName("newRunSizes");
  sizes_->setWordWrap(true);
  sizes_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  layout->addWidget(sizes_);
  layout->addLayout(makeCommand());
  layout->addLayout(makeButtons());
  connect(form_, &ConfigForm::edited, this, &NewRunDialog::refresh);
  fitToFont();
  refresh();
  name_->setFocus();
  name_->selectAll();
}

QLayout* NewRunDialog::makeHeader() {
  auto* bar = new QWidget(this);
  auto* flow = new FlowLayout(bar);
  name_ = new QLineEdit(place_.suggested_name, bar);
  name_->setObjectName("runName");
  name_->setToolTip(
      QString("Name of the run's folder in %1").arg(QDir::toNativeSeparators(place_.runs_folder)));
  preset_ =
      makeChoice("preset", model::presetNames(), draft_.preset(),
                 "Sizes of the model: tiny is the demo's, S to L are V-MoE's, H LIMoE's", bar);
  setting_ = makeChoice("setting", model::settingNames(), draft_.setting(),
                        "Named set of auxiliary losses and the priority", bar);
  const ConfigKey& source = *findConfigKey(kDataKey);
  data_ = new QComboBox(bar);
  data_->setObjectName("data");
  data_->addItems(source.choices);
  data_->setToolTip(source.sentence);
  from_ = new QComboBox(bar);
  from_->setObjectName("forkFrom");
  from_->setToolTip("The checkpoint of the parent that the fork begins with");
  flow->addWidget(makePair("Name", name_));
  flow->addWidget(makePair("From", from_));
  flow->addWidget(makePair("Preset", preset_));
  flow->addWidget(makePair("Data", data_));
  flow->addWidget(makePair("Setting", setting_));
  from_->parentWidget()->setVisible(choice_.has_value());
  preset_->parentWidget()->setVisible(!choice_);
  data_->parentWidget()->setVisible(!choice_);
  fillPoints();
  connect(name_, &QLineEdit::textChanged, this, &NewRunDialog::refresh);
  connect(preset_, &QComboBox::currentTextChanged, this, [this](const QString& name) {
    draft_.setPreset(name.toStdString());
    refresh();
  });
  connect(setting_, &QComboBox::currentTextChanged, this, [this](const QString& name) {
    draft_.setSetting(name.toStdString());
    refresh();
  });
  connect(data_, &QComboBox::currentTextChanged, this, [this](const QString& name) {
    draft_.set(kDataKey, name.toStdString());
    refresh();
  });
  connect(from_, &QComboBox::currentIndexChanged, this, &NewRunDialog::choosePoint);
  auto* layout = new QHBoxLayout;
  layout->addWidget(bar);
  return layout;
}

void NewRunDialog::fillPoints() {
  if (!choice_) {
    return;
  }
  if (choice_->now) {
    from_->addItem("now (a checkpoint is made first)");
  }
  for (const ForkPoint& point : choice_->points) {
    from_->addItem(QString("step %1").arg(point.step));
  }
}

bool NewRunDialog::wantsCheckpoint() const {
  return choice_ && choice_->now && from_->currentIndex() == 0;
}

void NewRunDialog::choosePoint() {
  const int index = from_->currentIndex() - (choice_->now ? 1 : 0);
  RunDraft draft(index < 0 ? *choice_->now : choice_->points[static_cast<std::size_t>(index)]);
  draft.setSetting(draft_.setting());
  for (const std::string& key : draft_.changes()) {
    draft.set(key, draft_.value(key));
  }
  draft_ = draft;
  refresh();
}

QLayout* NewRunDialog::makeSearch() {
  search_ = new QLineEdit(this);
  search_->setObjectName("searchValues");
  search_->setPlaceholderText("Search the values: entropy, capacity, steps …");
  search_->setAccessibleName("Search the values");
  search_->setToolTip("Shows the values with these words in name, key or explanation (Ctrl+F)");
  search_->setClearButtonEnabled(true);
  only_changed_ = new QCheckBox(this);
  only_changed_->setObjectName("onlyChanged");
  only_changed_->setToolTip("Show only the values that differ");
  reset_all_ = makeButton("resetAll", "Reset all", {}, this);
  auto* key = new QAction(this);
  key->setShortcut(QKeySequence::Find);
  connect(key, &QAction::triggered, this, [this] { search_->setFocus(Qt::ShortcutFocusReason); });
  addAction(key);
  const auto filter = [this] { form_->setFilter(search_->text(), only_changed_->isChecked()); };
  connect(search_, &QLineEdit::textChanged, this, filter);
  connect(only_changed_, &QCheckBox::toggled, this, filter);
  connect(reset_all_, &QPushButton::clicked, this, [this] {
    draft_.resetAll();
    refresh();
  });
  auto* layout = new QHBoxLayout;
  layout->addWidget(search_, 1);
  layout->addWidget(only_changed_);
  layout->addWidget(reset_all_);
  return layout;
}

QLayout* NewRunDialog::makeCommand() {
  command_ = new QPlainTextEdit(this);
  command_->setObjectName("commandLine");
  command_->setReadOnly(true);
  command_->setTabChangesFocus(true);
  command_->setAccessibleName("Command line");
  command_->setToolTip(
      "Does the same in a shell; only what differs from preset and setting is "
      "written");
  command_->setWordWrapMode(QTextOption::WrapAnywhere);
  copy_ = makeButton("copyCommand", "Copy", "Copy the command line", this);
  connect(copy_, &QPushButton::clicked, this, [this] {
    QApplication::clipboard()->setText(command_->toPlainText());
    copy_->setText("Copied");
  });
  auto* layout = new QHBoxLayout;
  layout->addWidget(command_, 1);
  layout->addWidget(copy_, 0, Qt::AlignTop);
  return layout;
}

QLayout* NewRunDialog::makeButtons() {
  QPushButton* cancel = makeButton("cancelRun", "Cancel", "Start nothing", this);
  queue_ = makeButton("queueRun", "Add to queue", {}, this);
  start_ = makeButton("startRun", choice_ ? "Start fork" : "Start training", {}, this);
  start_->setDefault(true);
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(queue_, &QPushButton::clicked, this, [this] { finish(true); });
  connect(start_, &QPushButton::clicked, this, [this] { finish(false); });
  auto* layout = new QHBoxLayout;
  layout->addStretch(1);
  layout->addWidget(cancel);
  layout->addWidget(queue_);
  layout->addWidget(start_);
  return layout;
}

QString NewRunDialog::nameFault() const {
  const QString name = name_->text().trimmed();
  if (name.isEmpty() || name.contains('/') || name.startsWith('.')) {
    return "The name becomes a folder: not empty, without “/” and no dot in front.";
  }
  if (place_.taken.contains(name)) {
    return QString("There is a run %1 already; a run is never overwritten.").arg(name);
  }
  return {};
}

void NewRunDialog::refresh() {
  const DraftCheck check = draft_.check();
  form_->showDraft(check);
  const QSignalBlocker no_signal(data_);
  data_->setCurrentText(valueText(draft_.value(kDataKey)));
  meaning_->setText(choice_ ? describeSetting(draft_.setting())
                            : describePreset(draft_.preset()) + '\n' +
                                  describeSetting(draft_.setting()));
  const auto changes = draft_.changes();
  only_changed_->setText(QString("Only changes (%1)").arg(changes.size()));
  reset_all_->setEnabled(!changes.empty());
  reset_all_->setToolTip(changes.empty()
                             ? QString("Nothing differs from %1").arg(draft_.baseName())
                             : QString("All values as %1 has them").arg(draft_.baseName()));
  if (check.config) {
    sizes_->setText(describe(runSizes(*check.config)));
  }
  sizes_->setEnabled(check.isFine());  // those of the last draft that was right
  const QString command = shellCommand(QStringList{"limoe"} + newRun().trainArguments());
  if (command != command_->toPlainText()) {
    command_->setPlainText(command);
    copy_->setText("Copy");
  }
  showFaults(check);
}

void NewRunDialog::showFaults(const DraftCheck& check) {
  QStringList told;
  qsizetype count = 0;
  const auto tell = [&](const QString& place, const QString& title, const QString& fault) {
    if (++count <= kMostFaultsTold) {
      told << (place.isEmpty() ? QString() : QString("<a href=\"%1\">%2</a>: ").arg(place, title)) +
                  fault.toHtmlEscaped();
    }
  };
  if (const QString fault = nameFault(); !fault.isEmpty()) {
    tell("name", "Name", fault);
  }
  for (const ConfigGroup& group : configGroups()) {
    for (const ConfigKey& key : group.keys) {
      const auto found = check.faults.find(key.key);
      for (const QString& fault : found == check.faults.end() ? QStringList() : found->second) {
        tell(QString::fromStdString(key.key), key.title, fault);
      }
    }
  }
  for (const QString& fault : check.other_faults) {
    tell({}, {}, fault);
  }
  if (count > kMostFaultsTold) {
    told << QString("and %1 more").arg(count - kMostFaultsTold);
  }
  faults_->setText("It cannot start yet. " + told.join("; "));
  faults_->setVisible(count > 0);
  faults_->setPalette(faultPalette(palette()));
  QString why = faults_->isHidden() ? QString() : QString(" (not now: what is wrong stands above)");
  start_->setEnabled(count == 0);
  queue_->setEnabled(count == 0);
  start_->setToolTip("Make the folder and start a worker in it" + why);
  if (wantsCheckpoint()) {
    queue_->setEnabled(false);
    why = " (not from now: choose a checkpoint)";
  }
  queue_->setToolTip("Train it after those that are queued already" + why);
}

void NewRunDialog::fitToFont() {
  const int letter = fontMetrics().averageCharWidth();
  const int line = fontMetrics().height();
  name_->setMinimumWidth(kNameWidth * letter);
  const QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
  QFont font = fixed;
  font.setPointSizeF(this->font().pointSizeF() * 0.9);
  command_->setFont(font);
  command_->setFixedHeight(kCommandLines * QFontMetrics(font).lineSpacing() +
                           2 * command_->frameWidth() + 10);
  const QSize room = (parentWidget() ? parentWidget()->screen() : screen())->availableSize();
  resize(std::min(kWidth * letter, room.width() - 20),
         std::min(kHeight * line, room.height() - 40));
}

void NewRunDialog::changeEvent(QEvent* event) {
  QDialog::changeEvent(event);
  if (event->type() == QEvent::PaletteChange && faults_) {
    faults_->setPalette(faultPalette(palette()));
  }
}

void NewRunDialog::finish(bool for_queue) {
  for_queue_ = for_queue;
  accept();
}

NewRun NewRunDialog::newRun() const {
  NewRun run;
  run.folder = QDir(place_.runs_folder).absoluteFilePath(name_->text().trimmed());
  if (choice_) {
    const int index = from_->currentIndex() - (choice_->now ? 1 : 0);
    const QString at =
        index < 0 ? QString()
                  : QString("@%1").arg(choice_->points[static_cast<std::size_t>(index)].step);
    run.options = {"--fork", choice_->folder + at};
  }
  run.options += draft_.options();
  const nlohmann::json threads = draft_.value("train.threads");
  run.threads = threads.is_number_integer() ? threads.get<int>() : 0;
  return run;
}

}  // namespace limoe::gui
